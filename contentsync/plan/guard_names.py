"""Which guards are there? The names that `--allow` takes, apart from the rules, which take long to import."""

from __future__ import annotations

from typing import Final

GUARDS: Final = ("max-creates-per-run", "max-creates-per-day", "same-media", "lookalike", "existing-posts")
