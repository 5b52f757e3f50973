"""What did the author write, and where? A folder of YAML in, desired posts and problems out."""
