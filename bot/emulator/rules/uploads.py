"""Uploaded files: their size limit and the names Discord gives them.

docs: Reference › Uploading Files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["MAX_FILE", "Upload", "file_name"]

MAX_FILE = 10 * 1024 * 1024
"""Bytes of one file. docs: Reference › Uploading Files."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file sent with a request; ``number`` is the one in ``files[n]``."""

    number: int
    filename: str
    content_type: str
    content: bytes


def file_name(name: str) -> str:
    """The name Discord gives an uploaded file: every unusual character becomes ``_``."""
    return re.sub(r"[^\w.\-]", "_", name, flags=re.ASCII) or "file"
