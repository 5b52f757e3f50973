"""What does this project ask for beyond itself, and did its user grant it?"""

from __future__ import annotations

from contentsync.project import Project
from contentsync.store import trusted


def grant(project: Project) -> str:
    """Record that the user trusts all that the project asks for now. Returns the digest. Raises StoreError."""
    digest = project.settings.wanted.digest
    trusted.record(project.data_folder, project.root, digest)
    return digest
