"""Detects a file's type and, for pictures, their size from its bytes; reads ``file_types``.

docs: Message Resource › Attachment Object (``content_type``, ``width``, ``height``, ``flags``).
How Discord detects the type isn't documented; it doesn't believe the uploader. Here the bytes say
it for pictures and PDF, the name's extension for everything else.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass

from bot.emulator.rules.json_form import Form

__all__ = ["FileType", "detect_type", "is_of_types", "read_file_types"]

_EXTENSIONS = mimetypes.MimeTypes()
for _kind, _extension in (
    ("text/markdown", ".md"),
    ("application/epub+zip", ".epub"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
):
    _EXTENSIONS.add_type(_kind, _extension)

_FILTER = re.compile(r"image|video|audio|\.[^\s./\\]+(\.[^\s./\\]+)*")
_GROUPS = {
    "image": (".png", ".gif", ".jpg", ".jpeg", ".jfif", ".webp", ".avif"),
    "video": (".mp4", ".mov", ".qt", ".webm"),
    "audio": (".mp3", ".m4a", ".wav", ".ogg", ".opus", ".flac"),
}
"""docs: Reference › File Type Filtering."""
_JPEG_SIZES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True, slots=True)
class FileType:
    """A file's media type; ``width`` and ``height`` in pixels for a picture."""

    content_type: str | None
    width: int | None = None
    height: int | None = None
    animated: bool = False


def read_file_types(form: Form) -> list[str]:
    """The field ``file_types``: at most ten groups or extensions, which become lower-case.

    docs: Reference › File Type Filtering; Application Command Option Structure; File Upload.
    """
    found: list[str] = []
    for value in form.items("file_types", most=10):
        if not isinstance(value, str) or not _FILTER.fullmatch(value):
            form.add_error(
                "file_types",
                "BASE_TYPE_CHOICES",
                "File types are image, video, audio, or an extension with a dot.",
            )
        else:
            found.append(value.lower())
    return found


def is_of_types(filename: str, types: list[str]) -> bool:
    """Whether a file's extension is one of ``file_types``; all are if that is empty.

    docs: Reference › File Type Filtering (only the name counts).
    """
    extensions = {one for kind in types for one in _GROUPS.get(kind, (kind,))}
    return not types or filename.lower().endswith(tuple(extensions))


def detect_type(filename: str, content: bytes) -> FileType:
    """The type of a file with this name and these bytes."""
    found = _png(content) or _gif(content) or _webp(content) or _jpeg(content)
    found = found or _avif(content)
    if found is not None:
        return found
    if content.startswith(b"%PDF-"):
        return FileType("application/pdf")
    kind, _ = _EXTENSIONS.guess_type(filename, strict=True)
    if kind is None or kind.startswith("image/"):
        return FileType(None)
    return FileType(f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)


def _png(content: bytes) -> FileType | None:
    if not content.startswith(b"\x89PNG\r\n\x1a\n") or len(content) < 24:
        return None
    animated = b"acTL" in content
    return FileType("image/png", *_sizes(content[16:24], 4, "big"), animated=animated)


def _gif(content: bytes) -> FileType | None:
    if not content.startswith((b"GIF87a", b"GIF89a")) or len(content) < 10:
        return None
    animated = content.count(b"\x00\x21\xf9\x04") > 1
    return FileType("image/gif", *_sizes(content[6:10], 2, "little"), animated=animated)


def _avif(content: bytes) -> FileType | None:
    """An AV1 picture (MIAF: a brand in the file's first box, the size in the property ``ispe``)."""
    if content[4:12] not in (b"ftypavif", b"ftypavis"):
        return None
    at = content.find(b"ispe")
    if at < 0 or len(content) < at + 16:
        return None
    width, height = (int.from_bytes(content[at + n : at + n + 4], "big") for n in (8, 12))
    return FileType("image/avif", width, height, animated=content[8:12] == b"avis")


def _webp(content: bytes) -> FileType | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 30:
        return None
    kind = content[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(content[24:27], "little") + 1
        height = int.from_bytes(content[27:30], "little") + 1
        return FileType("image/webp", width, height, animated=bool(content[20] & 2))
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return FileType("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    width, height = _sizes(content[26:30], 2, "little")
    return FileType("image/webp", width & 0x3FFF, height & 0x3FFF)


def _jpeg(content: bytes) -> FileType | None:
    if not content.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker in _JPEG_SIZES:
            height, width = _sizes(content[at + 5 : at + 9], 2, "big")
            return FileType("image/jpeg", width, height)
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return FileType("image/jpeg")


def _sizes(content: bytes, width: int, order: str) -> tuple[int, int]:
    first, second = content[:width], content[width : 2 * width]
    if order == "big":
        return int.from_bytes(first, "big"), int.from_bytes(second, "big")
    return int.from_bytes(first, "little"), int.from_bytes(second, "little")
