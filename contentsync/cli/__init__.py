"""How does a person ask, and how is the answer shown? One file a verb; imports nothing eagerly."""
