"""An essay's title and its body: a line that was only taken for the title belongs to the text."""

from __future__ import annotations

from dataclasses import replace

import regex
from rapidfuzz import fuzz

from bot.core.essay.blocks import get_block_text
from bot.core.essay.essay import Essay
from bot.core.extraction.closing_questions import find_closing_questions
from bot.core.extraction.passages import number_passages
from bot.core.text.length import count_words, estimate_reading_minutes

__all__ = ["find_former_title_line", "retitle"]

#: How alike, of 100, two words have to be for one to be the other with its spelling mended.
_MENDED = 75.0


def retitle(essay: Essay, title: str) -> Essay:
    """The essay under another title, which is not empty.

    Where a line of the text, no heading, was taken for the title, it goes back into the body under
    a title that does not say it, so that no word of the essay is lost; and out of it again.
    """
    title = " ".join(title.split())
    extracted = essay.extracted
    if extracted is None or extracted.title_line is None:
        return replace(essay, title=title)
    line = get_block_text(extracted.title_line)
    before, after = _says(essay.title, line), _says(title, line)
    if before == after:
        return replace(essay, title=title)
    blocks = [one.block for one in essay.body]
    questions, postscript = essay.questions, essay.postscript
    if after:
        del blocks[extracted.title_line_index]
    else:
        blocks.insert(extracted.title_line_index, extracted.title_line)
    body, passages = number_passages(blocks)
    if not (essay.passages and passages):  # it is the whole text
        questions, postscript = find_closing_questions(blocks, author=essay.author)
    text = "\n".join(get_block_text(block) for block in blocks)
    return replace(
        essay,
        title=title,
        words=count_words(text),
        reading_minutes=estimate_reading_minutes(text),
        questions=questions,
        postscript=postscript,
        passages=passages,
        body=body,
    )


def find_former_title_line(essay: Essay) -> str | None:
    """The line that stands in the body because the essay was given another title than it."""
    if essay.extracted is None or essay.extracted.title_line is None:
        return None
    line = " ".join(get_block_text(essay.extracted.title_line).split())
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
