"""The formats of a source: their names, and how a file's first bytes tell a PDF."""

from __future__ import annotations

from typing import Literal

__all__ = ["BINARY_FORMATS", "FORMATS", "Format", "is_pdf"]

Format = Literal["auto", "markdown", "html", "text", "docx", "pdf", "epub"]
"""``auto``: find out by the name's suffix, then by the content."""

FORMATS: tuple[Format, ...] = ("auto", "markdown", "html", "text", "docx", "pdf", "epub")

BINARY_FORMATS: tuple[Format, ...] = ("docx", "pdf", "epub")
"""Formats that aren't text."""

_PDF, _PDF_HEAD = b"%PDF-", 1_024  # bytes in which readers look for it
_BEFORE_PDF = b"\xef\xbb\xbf\0 \t\r\n"


def is_pdf(data: bytes) -> bool:
    """Whether a file is a PDF, by its first bytes."""
    return _PDF in data[:_PDF_HEAD] and not data[: data.index(_PDF)].strip(_BEFORE_PDF)
