"""The shared state: a branch of the repository's own remote, changed by pushes that succeed whole or not at all."""
