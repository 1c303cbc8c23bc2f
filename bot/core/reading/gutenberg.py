"""Cut a Project Gutenberg file to its text: header, licence and small print are left out.

The text is between lines like ``*** START OF THE PROJECT GUTENBERG EBOOK THE BAY ***`` and
``*** END OF …``; files from before 2006 have other markers. Title, author and language are named in
the header.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.core.essay.blocks import Block, get_block_text
from bot.core.essay.document import Metadata

__all__ = ["cut_gutenberg", "cut_gutenberg_blocks"]

_PRODUCT = r"(?:the|this)?\s*project\s+gutenberg(?:['’]s|-tm|™)?"
_START = re.compile(
    rf"^[^\S\n]*(?:\*+\s*START\s+OF\s+{_PRODUCT}\b[^*]{{0,300}}\*+"
    r"|\*END[* ]*THE\s+SMALL\s+PRINT![^\n]{0,120}\*END\*)[^\n]*\n?",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(
    rf"^[^\S\n]*(?:\*+\s*END\s+OF\s+{_PRODUCT}\b|End\s+of\s+{_PRODUCT}\b)",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNS = re.compile(r"project\s+gutenberg", re.IGNORECASE)
_FIELD = re.compile(
    r"^[^\S\n]*(Title|Authors?|Language)[^\S\n]*:[^\S\n]*(\S.*(?:\n[ \t]{2,}\S.*)*)$",
    re.MULTILINE | re.IGNORECASE,
)
_LANGUAGES = {
    "english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it",
    "portuguese": "pt", "dutch": "nl", "polish": "pl", "swedish": "sv", "russian": "ru",
    "chinese": "zh", "japanese": "ja", "greek": "el", "hebrew": "he", "arabic": "ar",
    "turkish": "tr",
}  # fmt: skip
_MAX_HEADER = 20_000  # characters before the text


def cut_gutenberg(text: str) -> tuple[str, Metadata] | None:
    """The text between the markers and what the header names; None for any other text.

    The language is a BCP 47 tag if it is one of the common ones.
    """
    start = _START.search(text, 0, _MAX_HEADER)
    if start is None or _SIGNS.search(text, 0, start.end()) is None:
        return None
    end = _END.search(text, start.end())
    body = text[start.end() : end.start() if end is not None else len(text)]
    return (body.strip("\n"), _read_header(text[: start.start()])) if body.strip() else None


def cut_gutenberg_blocks(blocks: Sequence[Block]) -> tuple[list[Block], Metadata] | None:
    """The same for the blocks of a file in HTML."""
    texts = [get_block_text(block) for block in blocks]
    header = 0
    for place, text in enumerate(texts):
        header += len(text)
        if header > _MAX_HEADER:
            break
        start = _START.search(text)
        if start is None or not any(_SIGNS.search(one) for one in texts[: place + 1]):
            continue
        after = range(place + 1, len(texts))
        end = next((n for n in after if _END.match(texts[n])), len(texts))
        header_text = "\n\n".join([*texts[:place], text[: start.start()]])
        kept = list(blocks[place + 1 : end])
        return (
            (kept, _read_header(header_text))
            if any(map(str.strip, texts[place + 1 : end]))
            else None
        )
    return None


def _read_header(header: str) -> Metadata:
    fields: dict[str, str] = {}
    for name, value in _FIELD.findall(header):
        fields.setdefault(name.lower().rstrip("s"), " ".join(value.split()))
    author = fields.get("author")
    if author is not None and author.casefold() in ("anonymous", "various", "unknown"):
        author = None
    return Metadata(
        title=fields.get("title"),
        author=author,
        language=_LANGUAGES.get(fields.get("language", "").casefold()),
    )
