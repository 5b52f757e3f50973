"""What do we remember? The state, its lock, and one folder for each backend."""
