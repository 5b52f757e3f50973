"""How is a notice sent? To an address that apprise knows, or to a program of the project."""
