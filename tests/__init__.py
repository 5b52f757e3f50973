"""The tests of contentsync; `nox` runs them all."""
