"""How is a plan carried out? One post, one step at a time; yields progress, prints nothing."""
