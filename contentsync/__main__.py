"""`python -m contentsync`."""

from contentsync.cli.main import main

if __name__ == "__main__":
    main()
