"""The essay: title, byline, epigraph, body, passages, closing questions. Frozen plain data."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.essay.blocks import Block, get_block_text
from bot.core.text.coded_text import CodedText
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
    """The quotation an essay opens with, without quotation marks; ``source``: whose words."""

    text: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Passage:
    """A numbered block (or list) of an essay; ``number`` starts at 1, ``text`` is plain text."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class BodyBlock:
    """A block of the body, and the number of its passage (None for a rule)."""

    block: Block
    passage: int | None


@dataclass(frozen=True, slots=True)
class ExtractedFacts:
    """What was extracted from the text, kept while an admin corrects title, byline or epigraph.

    has_explicit_title: the source names its title, in its metadata or as a heading; else it was
                        made from a line, the file's name or the first words
    title_line:         the heading or line of the text that was taken as the title; if the admin
                        gives another title, it belongs to the body
    title_line_index:   where in the body that line goes then
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
    """An essay extracted from a document.

    title:           never empty; extracted, or made from the file's name or the first words
    byline:          the line next to the title, verbatim (``By Ann Lee``, ``poet, gardener``)
    author:          a name, if one is known
    byline, epigraph: also stay in the body, whose parts leave out what the card shows whole
    source_url:      where the essay is on the web (http or https)
    date:            as the source gives it; an ISO date if it could be parsed
    language:        a BCP 47 tag, if the source names one
    cover_image:     an http(s) address
    words:           of the whole text without the title; Chinese, Japanese and Korean by characters
    reading_minutes: at least 1
    questions:       the closing questions, in order, verbatim
    postscript:      verbatim, including its ``PS``
    passages:        1, 2, …
    body:            everything but the title
    notes:           about what could not be reproduced exactly
    extracted:       what the text itself says, before corrections; None in older rows
    cover_file:      the name of the archive's copy of the cover; None if there is none
    is_cover_chosen: an admin has chosen the cover, or that there is none
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
    notes: tuple[CodedText, ...]
    extracted: ExtractedFacts | None = None
    cover_file: str | None = None
    is_cover_chosen: bool = False

    @property
    def words_under_any_title(self) -> str:
        """The passages' words, without the line that was taken as the title.

        That line is among the passages only under another title.
        """
        texts = [passage.text for passage in self.passages]
        if self.extracted is not None and self.extracted.title_line is not None:
            line = get_block_text(self.extracted.title_line)
            if line in texts:
                texts.remove(line)
        return " ".join(" ".join(texts).split())
