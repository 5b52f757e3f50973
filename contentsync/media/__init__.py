"""What is in this file? Size, digest, container, codec, duration, picture size; and whether it is whole."""
