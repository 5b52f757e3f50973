"""What can be done? One use case in each file. Nothing here uses the command line or prints."""
