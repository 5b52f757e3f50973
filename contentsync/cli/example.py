"""Where is the example project that `demo` runs and `init` takes its video from?"""

from __future__ import annotations

from pathlib import Path


def example_folder() -> Path:
    """Inside the package where it was installed from a wheel, in examples/ in a checkout."""
    package = Path(__file__).parents[1]
    places = (package / "example", package.parent / "examples" / "studio")
    return next(place for place in places if (place / "contentsync.yaml").is_file())
