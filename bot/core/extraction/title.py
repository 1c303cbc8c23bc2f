"""Change an essay's title; what was taken as the title returns to the body under another one."""

from __future__ import annotations

from dataclasses import replace

from bot.core.essay.blocks import Block, Heading, get_block_text
from bot.core.essay.essay import Essay
from bot.core.extraction.passages import number_passages
from bot.core.text.length import measure_reading
from bot.core.text.similar import contains_line, is_corrected_title

__all__ = ["find_former_title_line", "retitle"]


def retitle(essay: Essay, title: str) -> Essay:
    """Give the essay another title, which isn't empty.

    The heading or line of the text that was taken as the title goes back into the body, so that no
    word is lost, and out of it again if the title is that one after all: for a heading, if the
    title is the heading corrected; for a mere line, if the title contains all of it.
    """
    title = " ".join(title.split())
    extracted = essay.extracted
    if extracted is None or extracted.title_line is None:
        return replace(essay, title=title)
    line = extracted.title_line
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
    if not (essay.passages and passages):  # the line is the whole text
        from bot.core.extraction.closing_questions import find_closing_questions  # takes 5 MB

        questions, postscript = find_closing_questions(blocks, author=essay.author)
    words, minutes = measure_reading("\n".join(get_block_text(block) for block in blocks))
    return replace(
        essay,
        title=title,
        words=words,
        reading_minutes=minutes,
        questions=questions,
        postscript=postscript,
        passages=passages,
        body=body,
    )


def _says(title: str, line: Block) -> bool:
    """Whether a title takes the place of a heading or line of the text."""
    text = get_block_text(line)
    if isinstance(line, Heading):
        return is_corrected_title(title, text)
    return contains_line(title, text)


def find_former_title_line(essay: Essay) -> str | None:
    """The heading or line that went back into the body because the essay got another title."""
    if essay.extracted is None or essay.extracted.title_line is None:
        return None
    line = essay.extracted.title_line
    return None if _says(essay.title, line) else " ".join(get_block_text(line).split())
