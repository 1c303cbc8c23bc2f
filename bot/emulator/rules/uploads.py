"""Uploaded files: their size limit and the names Discord gives them.

docs: Reference › Uploading Files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["IS_ANIMATED", "IS_SPOILER", "MAX_FILE", "Upload", "file_name"]

MAX_FILE = 10 * 1024 * 1024
"""Bytes of one file. docs: Reference › Uploading Files."""


IS_SPOILER = 1 << 3
IS_ANIMATED = 1 << 5
"""docs: Message Resource › Attachment Flags."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file sent with a request; ``number`` is the one in ``files[n]``.

    ``content_type`` is what the uploader says, which Discord doesn't rely on.
    """

    number: int
    filename: str
    content_type: str
    content: bytes


def file_name(name: str) -> str:
    """The name Discord gives an uploaded file: every unusual character becomes ``_``."""
    return re.sub(r"[^\w.\-]", "_", name, flags=re.ASCII) or "file"
