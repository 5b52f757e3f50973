"""What did the author write, and where? Reads a folder of manifests; gives desired posts and problems."""
