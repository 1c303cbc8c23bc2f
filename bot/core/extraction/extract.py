"""An essay made of a document: what it is called, what it asks, and its numbered passages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import regex

from bot.core.essay.blocks import Block, Heading, Rule, get_block_text
from bot.core.essay.document import NO_TEXT, Document
from bot.core.essay.essay import Epigraph, Essay, ExtractedFacts
from bot.core.extraction.closing_questions import find_closing_questions
from bot.core.extraction.masthead import find_masthead, parse_author
from bot.core.extraction.passages import number_passages
from bot.core.extraction.title import retitle
from bot.core.text.length import count_words, estimate_reading_minutes
from bot.core.text.sentences import split_sentences
from bot.errors import UnreadableEssay

__all__ = ["extract_essay"]

_LONGEST_TITLE = 90  # characters of a title that is made from the first words


def _same(one: str, other: str) -> bool:
    def letters(text: str) -> str:
        return "".join(regex.findall(r"[\p{L}\p{N}\p{M}]", text.casefold()))

    return letters(one) == letters(other)


def _from_name(name: str | None) -> str | None:
    stem = PurePath(name).stem if name else ""
    words = " ".join(regex.split(r"[\s_]+", stem)).strip()
    if " " not in words and "-" in words:
        words = words.replace("-", " ")
    return (words[:1].upper() + words[1:])[:200] or None


def _from_words(blocks: Sequence[Block]) -> str | None:
    text = next((text for block in blocks if (text := get_block_text(block).strip())), "")
    first = next(iter(split_sentences(text[:2_000])), "").replace("\n", " ")
    if len(first) <= _LONGEST_TITLE:
        return first or None
    short = first[:_LONGEST_TITLE]
    return (short.rsplit(" ", 1)[0] if " " in short else short).rstrip(",;:—–- ") + "…"


def _title_block(blocks: Sequence[Block], title: str) -> int | None:
    """The block near the start that repeats a title which is known already.

    A heading below another one of its level or above is a section's, whatever it says.
    """
    above = 7
    for place, block in enumerate(blocks[:6]):
        section = isinstance(block, Heading) and block.level >= above
        if not isinstance(block, Rule) and not section and _same(get_block_text(block), title):
            return place
        if isinstance(block, Heading):
            above = min(above, block.level)
        if not isinstance(block, Heading) and len(get_block_text(block)) > 400:
            break
    return None


def extract_essay(
    document: Document,
    *,
    name: str | None,
    given: str | None = None,
    notes: tuple[str, ...] = (),
) -> Essay:
    """What a careful reader finds in a document.

    given: the title that it is handed in with. It takes the place of a title that the text has as
           a heading; a line that is only like a title belongs to the text then (entitling)

    Raises UnreadableEssay where it holds no word at all.
    """
    told = document.metadata
    blocks = list(document.blocks)
    titled = told.title is not None
    head = find_masthead(blocks, literal=document.literal, titled=titled)
    title, place = head.title, head.title_block
    named, line, before = titled, None, 0
    if told.title is not None:
        title, place = told.title, _title_block(blocks, told.title)
        if place is not None:
            del blocks[place]
            head = find_masthead(blocks, literal=document.literal, titled=True)
    elif place is not None:
        named = isinstance(blocks[place], Heading)
        if document.literal and title is not None:
            title, marked = regex.subn(r"^#{1,6}\s+(?=\S)", "", title)
            named = named or marked > 0  # it is known for a title now
        if not named:
            line, before = blocks[place], len(number_passages(blocks[:place])[0])
        del blocks[place]
    title = title or _from_name(name) or _from_words(blocks) or "Untitled"
    body = [*blocks, *document.footnotes]
    text = "\n".join(get_block_text(block) for block in body)
    if place is None and not told.title and not regex.search(r"\S", text):
        raise UnreadableEssay(NO_TEXT)
    epigraph = head.epigraph
    if told.epigraph is not None:
        epigraph = Epigraph(told.epigraph, told.epigraph_source)
    byline = told.byline or head.byline
    author = told.author or parse_author(told.byline) or head.author
    questions, postscript = find_closing_questions(blocks, author=author)
    found, passages = number_passages(body)
    title = " ".join(title.split())
    essay = Essay(
        title=title,
        byline=byline,
        author=author,
        epigraph=epigraph,
        source_url=told.source_url,
        date=told.date,
        language=told.language,
        cover_image=told.cover_image,
        words=count_words(text),
        reading_minutes=estimate_reading_minutes(text),
        questions=told.questions or questions,
        postscript=told.postscript or postscript,
        passages=passages,
        body=found,
        notes=tuple(dict.fromkeys((*notes, *document.notes))),
        extracted=ExtractedFacts(title, byline, author, epigraph, named, line, before),
    )
    return retitle(essay, given) if given else essay
