"""An essay's title and its body: a line that was only taken for the title belongs to the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import regex
from rapidfuzz import fuzz

from bot.core.essay.blocks import Block, Rule, block_text
from bot.core.essay.essay import Essay, Passage, Placed
from bot.core.extraction.closing_questions import find_ending
from bot.core.text.length import count_words, reading_minutes

__all__ = ["entitled", "left_line", "placed"]

#: How alike, of 100, two words have to be for one to be the other with its spelling mended.
_MENDED = 75.0


def placed(blocks: Sequence[Block]) -> tuple[tuple[Placed, ...], tuple[Passage, ...]]:
    """The blocks with the numbers of their passages: a list is one, each other block its own."""
    found: list[Placed] = []
    texts: list[list[str]] = []
    group = 0
    for block in blocks:
        text = block_text(block)
        if isinstance(block, Rule) or not text.strip():
            if isinstance(block, Rule):
                found.append(Placed(block, None))
            continue
        if not block.frame.group or block.frame.group != group:
            texts.append([])
        group = block.frame.group
        texts[-1].append(text)
        found.append(Placed(block, len(texts)))
    passages = tuple(Passage(n, "\n".join(lines)) for n, lines in enumerate(texts, 1))
    return tuple(found), passages


def entitled(essay: Essay, title: str) -> Essay:
    """The essay under another title, which is not empty.

    Where a line of the text, no heading, was taken for the title, it goes back into the body under
    a title that does not say it, so that no word of the essay is lost; and out of it again.
    """
    title = " ".join(title.split())
    read = essay.read
    if read is None or read.line is None:
        return replace(essay, title=title)
    line = block_text(read.line)
    before, after = _says(essay.title, line), _says(title, line)
    if before == after:
        return replace(essay, title=title)
    blocks = [one.block for one in essay.body]
    questions, postscript = essay.questions, essay.postscript
    if after:
        del blocks[read.place]
    else:
        blocks.insert(read.place, read.line)
    body, passages = placed(blocks)
    if not (essay.passages and passages):  # it is the whole text
        questions, postscript = find_ending(blocks, author=essay.author)
    text = "\n".join(block_text(block) for block in blocks)
    return replace(
        essay,
        title=title,
        words=count_words(text),
        reading_minutes=reading_minutes(text),
        questions=questions,
        postscript=postscript,
        passages=passages,
        body=body,
    )


def left_line(essay: Essay) -> str | None:
    """The line that stands in the body because the essay was given another title than it."""
    if essay.read is None or essay.read.line is None:
        return None
    line = " ".join(block_text(essay.read.line).split())
    return None if _says(essay.title, line) else line


def _says(title: str, line: str) -> bool:
    """Whether a title holds every word of a line in a row, or is the line with spelling mended."""
    said, wanted = _words(title), _words(line)
    if any(said[n : n + len(wanted)] == wanted for n in range(len(said) - len(wanted) + 1)):
        return True
    return len(said) == len(wanted) and all(
        one == other or fuzz.ratio(one, other) >= _MENDED
        for one, other in zip(said, wanted, strict=True)
    )


def _words(text: str) -> list[str]:
    return regex.findall(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+", text.casefold())
