"""Extract an essay from a document: title, masthead, closing questions, numbered passages."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import PurePath

import regex

from bot.core.essay.blocks import (
    Block,
    Heading,
    Paragraph,
    Picture,
    Rule,
    Span,
    get_block_text,
)
from bot.core.essay.document import NO_TEXT, Document
from bot.core.essay.essay import Epigraph, Essay, ExtractedFacts
from bot.core.extraction.closing_questions import find_closing_questions
from bot.core.extraction.masthead import (
    find_masthead,
    is_dateline,
    is_salutation,
    parse_author,
    strip_title_label,
)
from bot.core.extraction.passages import number_passages
from bot.core.extraction.title import retitle
from bot.core.text.coded_text import CodedText
from bot.core.text.length import measure_reading
from bot.core.text.questions import strip_note_marks
from bot.core.text.sentences import split_sentences
from bot.core.text.translate import gettext as _
from bot.errors import UnreadableEssay

__all__ = ["extract_essay"]

_MAX_TITLE = 90  # characters of a title that is made from the first words


def _has_same_letters(one: str, other: str) -> bool:
    def letters(text: str) -> str:
        return "".join(regex.findall(r"[\p{L}\p{N}\p{M}]", text.casefold()))

    return letters(one) == letters(other)


def _make_title_from_name(name: str | None) -> str | None:
    stem = PurePath(name).stem if name else ""
    words = " ".join(regex.split(r"[\s_]+", stem)).strip()
    if " " not in words and "-" in words:
        words = words.replace("-", " ")
    return (words[:1].upper() + words[1:])[:200] or None


def _make_title_from_text(blocks: Sequence[Block]) -> str | None:
    texts = [text for block in blocks[:50] if (text := get_block_text(block).strip())]
    greeted = next((n for n, text in enumerate(texts[:6]) if is_salutation(text)), 0)
    text = next((t for t in texts[greeted:] if not is_dateline(t)), texts[0] if texts else "")
    first = next(iter(split_sentences(text[:2_000])), "").replace("\n", " ")
    first = strip_note_marks(first).strip() or first
    if len(first) <= _MAX_TITLE:
        return first or None
    short = first[:_MAX_TITLE]
    return (short.rsplit(" ", 1)[0] if " " in short else short).rstrip(",;:—–- ") + "…"


def _find_title_block(blocks: Sequence[Block], title: str) -> int | None:
    """The index of a block near the start that repeats the known title.

    A heading below another one of its level or higher is a section's and doesn't count.
    """
    above = 7
    for place, block in enumerate(blocks[:6]):
        section = isinstance(block, Heading) and block.level >= above
        if (
            not isinstance(block, Rule)
            and not section
            and _has_same_letters(get_block_text(block), title)
        ):
            return place
        if isinstance(block, Heading):
            above = min(above, block.level)
        if not isinstance(block, Heading) and len(get_block_text(block)) > 400:
            break
    return None


def _put_pictures_back(blocks: Sequence[Block], kept: Sequence[Block]) -> list[Block]:
    """The kept blocks with the pictures that were between them."""
    ids = {id(block) for block in kept}
    return [block for block in blocks if isinstance(block, Picture) or id(block) in ids]


def _make_heading(block: Block, title: str | None) -> Block:
    """The heading that a block was taken for; ``title``: without its label or sign, if it had one.

    A list item or quotation stays what it is.
    """
    if not isinstance(block, Heading | Paragraph) or block.frame.depth or block.frame.quoted:
        return block
    level = block.level if isinstance(block, Heading) else 1
    return Heading(level, block.spans if title is None else (Span(title),), block.frame)


def extract_essay(
    document: Document,
    *,
    name: str | None,
    given: str | None = None,
    notes: tuple[CodedText, ...] = (),
) -> Essay:
    """Extract the essay from a document.

    given: the title it was submitted with. What was taken as the title then belongs to the text,
           unless the given title is that one corrected (``retitle``)

    Raises UnreadableEssay if it contains no words at all.
    """
    metadata = document.metadata
    # Pictures tell nothing about titles and questions, so these are found without them.
    blocks = [block for block in document.blocks if not isinstance(block, Picture)]
    titled = metadata.title is not None
    head = find_masthead(blocks, literal=document.literal, titled=titled)
    title, place = head.title, head.title_block
    named, taken, written = titled, None, None
    if metadata.title is not None:
        title, place = metadata.title, _find_title_block(blocks, metadata.title)
        others = (b for n, b in enumerate(blocks) if n != place)
        if place is not None and not any(get_block_text(b).strip() for b in others):
            place = None  # the title is the whole text
        if place is not None:
            taken = blocks.pop(place)
            head = find_masthead(blocks, literal=document.literal, titled=True)
    elif place is not None and title is not None:
        taken = blocks.pop(place)
        named = isinstance(taken, Heading)
        marked = False
        if document.literal:
            title, count = regex.subn(r"^#{1,6}\s+(?=\S)", "", title)
            marked = count > 0  # the Markdown heading sign shows that it is the title
        title, labelled = strip_title_label(title)
        if marked or labelled:
            named, written = True, title
    line, line_index = None, 0
    if taken is not None:
        line = _make_heading(taken, written) if named else taken
        above = itertools.takewhile(lambda block: block is not taken, document.blocks)
        line_index = len(number_passages(list(above))[0])
    title = title or _make_title_from_name(name) or _make_title_from_text(blocks) or _("Untitled")
    body = [*_put_pictures_back(document.blocks, blocks), *document.footnotes]
    text = "\n".join(get_block_text(block) for block in body)
    pictured = any(isinstance(block, Picture) for block in body)
    if place is None and not metadata.title and not pictured and not regex.search(r"\S", text):
        raise UnreadableEssay(_(NO_TEXT))
    epigraph = head.epigraph
    if metadata.epigraph is not None:
        epigraph = Epigraph(metadata.epigraph, metadata.epigraph_source)
    byline = metadata.byline or head.byline
    author = metadata.author or parse_author(metadata.byline) or head.author
    questions, postscript = find_closing_questions(blocks, author=author)
    body_blocks, passages = number_passages(body)
    title = " ".join(title.split())
    words, minutes = measure_reading(text)
    essay = Essay(
        title=title,
        byline=byline,
        author=author,
        epigraph=epigraph,
        source_url=metadata.source_url,
        date=metadata.date,
        language=metadata.language,
        cover_image=metadata.cover_image,
        words=words,
        reading_minutes=minutes,
        questions=metadata.questions or questions,
        postscript=metadata.postscript or postscript,
        passages=passages,
        body=body_blocks,
        notes=tuple(dict.fromkeys((*notes, *document.notes))),
        extracted=ExtractedFacts(title, byline, author, epigraph, named, line, line_index),
    )
    return retitle(essay, given) if given else essay
