"""Change an essay's title; a line that was wrongly taken as the title returns to the body."""

from __future__ import annotations

from dataclasses import replace

from bot.core.essay.blocks import get_block_text
from bot.core.essay.essay import Essay
from bot.core.extraction.closing_questions import find_closing_questions
from bot.core.extraction.passages import number_passages
from bot.core.text.length import count_words, estimate_reading_minutes
from bot.core.text.similar import contains_line

__all__ = ["find_former_title_line", "retitle"]


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
    before, after = contains_line(essay.title, line), contains_line(title, line)
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
    return None if contains_line(essay.title, line) else line
