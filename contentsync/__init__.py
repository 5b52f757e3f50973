"""contentsync: posts declared in git, planned and published through TikTok's official API."""

__version__ = "0.1.0"
