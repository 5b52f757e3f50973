"""What can be done? One use case a file. Nothing here knows a command line, and nothing prints."""
