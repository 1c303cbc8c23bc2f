"""Change an essay's title; a line that was wrongly taken as the title returns to the body."""

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

#: Similarity (0 to 100) from which on a word counts as another one with its spelling corrected.
_MIN_SIMILARITY = 75.0


def retitle(essay: Essay, title: str) -> Essay:
    """Give the essay another title, which isn't empty.

    If a line of the text that isn't a heading was taken as the title, it goes back into the body
    unless the new title contains it, so that no word is lost; and out of the body again.
    """
    title = " ".join(title.split())
    extracted = essay.extracted
    if extracted is None or extracted.title_line is None:
        return replace(essay, title=title)
    line = get_block_text(extracted.title_line)
    before, after = _contains_line(essay.title, line), _contains_line(title, line)
    if before == after:
        return replace(essay, title=title)
    blocks = [one.block for one in essay.body]
    questions, postscript = essay.questions, essay.postscript
    if after:
        del blocks[extracted.title_line_index]
    else:
        blocks.insert(extracted.title_line_index, extracted.title_line)
    body, passages = number_passages(blocks)
    if not (essay.passages and passages):  # the line is the whole text
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
    """The line that went back into the body because the essay got another title."""
    if essay.extracted is None or essay.extracted.title_line is None:
        return None
    line = " ".join(get_block_text(essay.extracted.title_line).split())
    return None if _contains_line(essay.title, line) else line


def _contains_line(title: str, line: str) -> bool:
    """Whether a title contains a line's words in order, or is the line with corrected spelling."""
    said, wanted = _split_words(title), _split_words(line)
    if any(said[n : n + len(wanted)] == wanted for n in range(len(said) - len(wanted) + 1)):
        return True
    return len(said) == len(wanted) and all(
        one == other or fuzz.ratio(one, other) >= _MIN_SIMILARITY
        for one, other in zip(said, wanted, strict=True)
    )


def _split_words(text: str) -> list[str]:
    return regex.findall(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}]+", text.casefold())
