"""What must be done? The decision, as a pure function of values."""
