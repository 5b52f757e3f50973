"""The live board: what the engine does, in a browser on this machine. Read-only unless its user asked for actions."""
