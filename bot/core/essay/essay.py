"""An essay as Salon knows it, and how it is laid out over messages: frozen plain data."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.essay.blocks import Block
from bot.errors import UnreadableEssay

__all__ = [
    "BodyBlock",
    "Epigraph",
    "Essay",
    "ExtractedFacts",
    "Passage",
    "UnreadableEssay",
]


@dataclass(frozen=True, slots=True)
class Epigraph:
    """The quotation an essay opens with, without its quotation marks; ``source``: whose it is."""

    text: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A numbered block of the essay, from 1; ``text`` is plain, without emphasis."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class BodyBlock:
    """A block of the body, and the number of the passage it belongs to (None: a rule)."""

    block: Block
    passage: int | None


@dataclass(frozen=True, slots=True)
class ExtractedFacts:
    """What the text itself says of what an admin may correct.

    named: the source names its title, in its settings or as a heading; else the title was made
           from a line, a file's name or the first words
    line:  the line of the text that was taken for the title, where it is no heading: with another
           title it belongs to the body
    place: where in the body that line stands then
    """

    title: str
    byline: str | None
    author: str | None
    epigraph: Epigraph | None
    has_explicit_title: bool
    title_line: Block | None
    title_line_index: int


@dataclass(frozen=True, slots=True)
class Essay:
    """What a reader found in a text.

    title:           never empty; found, told by the source, or made from the name or first words
    byline:          the line beside the title, as it reads (``By Ann Lee``, ``poet, gardener``)
    author:          a name, where one is told
    epigraph:        stays in the body too
    source_url:      where the essay stands on the web (http or https)
    date:            as the source names it; an ISO date where it could be read as one
    language:        a BCP 47 tag, where the source names it
    cover_image:     an http(s) address
    words:           of the whole text, title aside; Chinese, Japanese and Korean by characters
    reading_minutes: at least 1
    questions:       the closing ones, in order, as they read
    postscript:      as it reads, its ``PS`` included
    passages:        1, 2, …
    body:            everything but the title, to be rendered
    notes:           sentences about what could not be kept or shown as it was
    read:            what was read before anybody corrected it; None in archives of before
    """

    title: str
    byline: str | None
    author: str | None
    epigraph: Epigraph | None
    source_url: str | None
    date: str | None
    language: str | None
    cover_image: str | None
    words: int
    reading_minutes: int
    questions: tuple[str, ...]
    postscript: str | None
    passages: tuple[Passage, ...]
    body: tuple[BodyBlock, ...]
    notes: tuple[str, ...]
    extracted: ExtractedFacts | None = None
