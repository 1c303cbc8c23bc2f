"""Reading plain text: lines and paragraphs, no markup."""

from __future__ import annotations

import pytest

from bot.core.essay.blocks import get_block_text
from bot.core.layout.layout import lay_out
from bot.core.read_essay import read_essay
from bot.core.reading.plain_text import read_plain_text
from tests.core.discord_markdown import read_message


def passages(text: str) -> list[str]:
    return [passage.text for passage in read_essay(text, format="text").passages]


WRAPPED = """\
The ferry leaves at ten past six, and when it has gone there is no other until
the morning. Everyone on the island knows this, and everyone on the island has
missed it at least once.
"""


def test_lines_broken_at_a_width_are_joined() -> None:
    assert passages(f"The Ferry\n\n{WRAPPED}") == [" ".join(WRAPPED.split())]


def test_a_few_longer_lines_do_not_hinder_that() -> None:
    text = (
        "The Ferry\n\n"
        + f"{WRAPPED}\n" * 12
        + f"https://example.org/{'x' * 100} is long\nand goes on.\n"
    )
    assert passages(text)[:12] == [" ".join(WRAPPED.split())] * 12


def test_an_indent_begins_a_paragraph_in_such_a_text() -> None:
    assert len(passages(f"The Ferry\n\n{WRAPPED}  {WRAPPED}")) == 2


def test_lines_of_verse_stay_lines() -> None:
    verse = "One for the door,\ntwo for the stair,\nthree for the window\nand nobody there."
    assert passages(f"Counting\n\n{verse}\n\nThat was the verse, all of it.") == [
        verse,
        "That was the verse, all of it.",
    ]


def test_verse_among_broken_lines_stays_verse() -> None:
    verse = "One for the door,\ntwo for the stair,\nand nobody there."
    assert verse in passages(f"The Ferry\n\n{WRAPPED}\n{verse}\n\n{WRAPPED}")


def test_without_empty_lines_each_long_line_is_a_paragraph() -> None:
    lines = [f"Paragraph {n} goes on for a while {'and then some more ' * 6}." for n in range(4)]
    assert passages("The Ferry\n" + "\n".join(lines)) == [" ".join(line.split()) for line in lines]


def test_chinese_lines_are_joined_without_a_space() -> None:
    line = "我们总是在赶路我们总是在赶路我们总是在赶路我们总是在赶路"
    assert passages(f"慢的好处\n\n{line}\n{line}\n{line}\n好。") == [f"{line}{line}{line}好。"]


def test_what_looks_like_markdown_is_shown_literally() -> None:
    body = (
        "# not a heading\n\n- not an item\n\n1. not numbered\n\n*not* **bold**, my_file_name, "
        "[a](b), `c`, ~~d~~, ||e||, <@1>, @everyone, <t:0>, :smile:\n\n> not quoted\n\n-# not small"
    )
    essay = read_essay(f"Signs of Life\n\nFirst.\n\n{body}", format="text")
    (part,) = lay_out(essay).parts
    shown = read_message(part.content)
    assert shown.text.split() == f"First. {body}".split()
    assert not shown.living
    assert (shown.headings, shown.items, shown.quotes, shown.links) == ([], 0, 0, [])


def test_a_line_of_stars_is_a_break_not_a_passage() -> None:
    essay = read_essay("The Ferry\n\nOne.\n\n* * *\n\nTwo.", format="text")
    assert [passage.text for passage in essay.passages] == ["One.", "Two."]
    assert "\\* \\* \\*" in lay_out(essay).parts[0].content


@pytest.mark.parametrize("margin", ["", "  "])
def test_verse_keeps_its_indents(margin: str) -> None:
    lines = ["The sea is wide", "    and I am small,", "my boat is old,", "        and that."]
    verse = "\n".join(margin + line for line in lines)
    text = get_block_text(read_plain_text(f"It rains.\n\n{verse}\n\nIt rains.").blocks[1])
    assert text == "\n".join(lines).replace("    ", "\xa0" * 4)


def test_the_indent_of_a_paragraphs_first_line_is_left_out() -> None:
    source = "A.\n\n    This begins with an indent\nand goes on.\n\nB."
    text = get_block_text(read_plain_text(source).blocks[1])
    assert text == "This begins with an indent\nand goes on."
