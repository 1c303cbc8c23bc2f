"""A document: the result of reading a source of any format, before the essay is extracted."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.core.essay.blocks import Block
from bot.core.text.coded_text import CodedText
from bot.core.text.translate import gettext_noop

__all__ = ["NO_TEXT", "Document", "Metadata"]

#: The sentence of UnreadableEssay for a source without any words.
NO_TEXT = gettext_noop("There is no text here. The file or message is empty.")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Metadata of a source (front matter, a page's metadata); it overrides what is extracted.

    subtitle: a line that belongs below the title; it is shown as the first line of the text
    """

    title: str | None = None
    subtitle: str | None = None
    byline: str | None = None
    author: str | None = None
    date: str | None = None
    language: str | None = None
    source_url: str | None = None
    cover_image: str | None = None
    epigraph: str | None = None
    epigraph_source: str | None = None
    questions: tuple[str, ...] = ()
    postscript: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """All text of a source, in order.

    footnotes: blocks that come after the text
    notes:     about what could not be read or kept
    literal:   the source has no markup, so the title has to be guessed from position and shape
    """

    blocks: tuple[Block, ...]
    footnotes: tuple[Block, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[CodedText, ...] = ()
    literal: bool = False
