"""One file a command: read the options, call an operation, show the result."""
