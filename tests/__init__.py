"""The tests of contentsync; `python tests/check.py` runs them all."""
