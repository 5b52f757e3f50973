"""Does watch keep its promises for a long time, whatever happens around it? See `python -m tests.soak --help`."""
