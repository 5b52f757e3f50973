"""`python -m contentsync`, and the console script. `--version` is answered before anything is imported for it."""

from __future__ import annotations

import gc
import os
import sys

from contentsync import __version__


def main() -> None:
    """Run the command line and exit."""
    if sys.argv[1:] == ["--version"]:
        sys.stdout.write(f"contentsync {__version__}\n")
        return
    # Else pydantic asks every package that is installed here whether it has a plugin, at the first schema.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Else Windows starts a git.exe that lies in the current folder, which may be a stranger's repository.
    os.environ["NODEFAULTCURRENTDIRECTORYINEXEPATH"] = "1"
    from contentsync.cli.main import main as run

    try:
        run()
    finally:
        gc.freeze()  # else Python looks for garbage among all values, right before it drops them: a tenth of a plan


if __name__ == "__main__":
    main()
