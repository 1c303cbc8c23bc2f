"""Reading an essay: bytes or text of some format in, an Essay out. Pure; raises UnreadableEssay."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath
from typing import Literal

from bot.core.essay.document import NO_TEXT, Document
from bot.core.essay.essay import Essay
from bot.core.extraction.extract import extract_essay
from bot.core.reading.decode import clean_text, decode
from bot.core.reading.markdown import read_markdown
from bot.core.reading.plain_text import read_plain_text
from bot.errors import UnreadableEssay

__all__ = ["FORMATS", "Format", "read_essay"]

Format = Literal["auto", "markdown", "html", "text", "docx"]
FORMATS: tuple[Format, ...] = ("auto", "markdown", "html", "text", "docx")

_ENDINGS: dict[str, Format] = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".mkd": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".docx": "docx",
}

_ZIP = b"PK\x03\x04"
_BLANK = " \t\n\xa0\u200b\u200c\u200d\u2060\ufeff"
_HTML = re.compile(r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
                   re.IGNORECASE | re.DOTALL)  # fmt: skip
_TAGS = re.compile(r"</(?:p|div|h[1-6]|article|section|ul|ol|blockquote|span)\s*>", re.IGNORECASE)
_MARKDOWN = (
    re.compile(r"\A---\s*\n(?:.*\n)*?(?:---|\.\.\.)\s*$", re.MULTILINE),
    re.compile(r"^#{1,6} \S", re.MULTILINE),
    re.compile(r"^(?:```|~~~)", re.MULTILINE),
    re.compile(r"\[[^\]\n]+\]\((?:https?:|/|#|mailto:)[^)\s]*\)"),
    re.compile(r"(?<![\w*])\*\*[^\s*][^*\n]*\*\*(?![\w*])"),
    re.compile(r"^\|.+\|\s*\n\|[\s:|-]+\|\s*$", re.MULTILINE),
    re.compile(r"^\[\^[^\]\s]+\]:", re.MULTILINE),
)


def guess_format(text: str) -> Format:
    """The format of a text without a telling name."""
    if _HTML.match(text[:4096]) or len(_TAGS.findall(text[:20_000])) >= 3:
        return "html"
    if any(sign.search(text[:50_000]) for sign in _MARKDOWN):
        return "markdown"
    return "text"


def _named(name: str | None) -> Format | None:
    return _ENDINGS.get(PurePath(name).suffix.lower()) if name else None


def read_essay(
    data: bytes | str,
    *,
    format: Format = "auto",  # noqa: A002
    name: str | None = None,
    address: str | None = None,
    title: str | None = None,
) -> Essay:
    """The essay that ``data`` holds.

    format:  ``auto`` goes by the name's ending, then by content
    name:    of the file, if it has one; also the last resort for a title
    address: where on the web it was found, if it was
    title:   given by who hands it in, instead of the one found

    Raises UnreadableEssay (a sentence) for what is not text, holds none, or is damaged.
    """
    essay = _essay(data, format, name, address, (title or "").strip() or None)
    return replace(essay, source_url=essay.source_url or address)


def _essay(
    data: bytes | str, wanted: Format, name: str | None, address: str | None, title: str | None
) -> Essay:
    packed = isinstance(data, bytes) and data.startswith(_ZIP)
    if wanted == "auto":
        wanted = "docx" if packed else _named(name) or "auto"
        if wanted == "docx" and not packed:
            wanted = "auto"  # a text that only bears such a name
    if isinstance(data, bytes):
        if wanted == "docx":
            from bot.core.reading.docx import read_docx

            return extract_essay(read_docx(data), name=name, given=title)
        text, notes = decode(data)
    else:
        text, notes = data, ()
    text, more = clean_text(text)
    if not text.strip(_BLANK):
        raise UnreadableEssay(NO_TEXT)
    if wanted == "auto":
        wanted = guess_format(text)
    document = _read(text, wanted, address)
    if not document.blocks and not document.metadata.title and wanted == "markdown":
        document = read_plain_text(text)  # marks and settings alone are still a text
    return extract_essay(document, name=name, given=title, notes=(*notes, *more))


def _read(text: str, wanted: Format, address: str | None) -> Document:
    match wanted:
        case "markdown":
            return read_markdown(text)
        case "html":
            # The libraries behind it take half a second to load; most essays need none of them.
            from bot.core.reading.web_page import read_web_page

            return read_web_page(text, address=address)
        case _:
            return read_plain_text(text)
