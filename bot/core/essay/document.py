"""What a reader of one format hands on: blocks, what the source says of itself, and notes."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.core.essay.blocks import Block

__all__ = ["NO_TEXT", "Document", "Metadata"]

#: The sentence of UnreadableEssay for a document without a word.
NO_TEXT = "There is no text in this: it is empty."


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a source says of itself (front matter, a page's metadata); it wins over guessing."""

    title: str | None = None
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
    """The text of a source in order, nothing yet taken out of it.

    footnotes: blocks that go after the text
    literal:   the text has no markup: a title has to be guessed from its place and shape
    """

    blocks: tuple[Block, ...]
    footnotes: tuple[Block, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    literal: bool = False
