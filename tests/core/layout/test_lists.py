"""Lists keep their levels and numbers in every message."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.essay.source_format import Format
from bot.core.layout.layout import lay_out
from bot.core.layout.revise import PostedPart, revise
from bot.core.read_essay import read_essay
from tests.core.discord_lists import read_lists

SENTENCE = "The ferry leaves at ten past six, and then there is no other. "


def contents(body: str, form: Format = "markdown") -> list[str]:
    head = "---\ntitle: Kept apart\n---\n\n" if form == "markdown" else ""
    return [part.content for part in lay_out(read_essay(head + body, format=form)).parts]


def shown(messages: list[str]) -> list[tuple[int, str, str]]:
    """Level, marker and first word of each item."""
    return [
        (level, marker, text.split()[0])
        for content in messages
        for level, marker, text in read_lists(content)
    ]


def write_list(
    markers: tuple[str, ...], count: int, words: str
) -> tuple[str, list[tuple[int, str, str]]]:
    """A list nested as deeply as there are markers, and its items as they should be shown."""
    lines: list[str] = []
    items: list[tuple[int, str, str]] = []

    def add(level: int, indent: str, name: str) -> None:
        for number in range(1, count + 1):
            marker = markers[level - 1] if markers[level - 1] == "-" else f"{number}."
            one = f"{name}{number}"
            lines.append(f"{indent}{marker} {one} {words}")
            items.append((level, marker, one))
            if level < len(markers):
                add(level + 1, indent + " " * (len(marker) + 1), f"{one}x")

    add(1, "", "n")
    return "\n".join(lines), items


@pytest.mark.parametrize("markers", list(product(("-", "1."), repeat=3)), ids="".join)
@pytest.mark.parametrize("length", [1, 3, 20])
def test_every_message_shows_the_levels_and_numbers_of_nested_lists(
    markers: tuple[str, ...], length: int
) -> None:
    body, items = write_list(markers, 4, SENTENCE * length)
    messages = contents(body)
    assert len(messages) > 2
    assert shown(messages) == items


def test_lists_of_six_levels_and_of_numbers_with_two_digits_keep_them() -> None:
    body, items = write_list(("1.",) * 6, 2, SENTENCE)
    assert shown(contents(body)) == items
    body, items = write_list(("1.", "1.", "1."), 11, "word")
    assert shown(contents(body)) == items


@pytest.mark.parametrize("before", range(0, 30, 3))
def test_a_list_that_begins_anywhere_in_a_message_keeps_its_levels(before: int) -> None:
    body, items = write_list(("-", "1.", "-"), 3, SENTENCE)
    assert shown(contents(f"{SENTENCE * before}\n\n{body}\n\n{SENTENCE * 9}")) == items


@pytest.mark.parametrize(
    "inside",
    [
        f"second {SENTENCE}",
        "```\n    code\n    ```",
        "> a quotation",
        "| a | b |\n    |--|--|\n    | c | d |",
    ],
    ids=["paragraph", "code", "quotation", "table"],
)
def test_what_comes_between_items_moves_no_level(inside: str) -> None:
    body = f"1. a\n\n    {inside}\n\n    - b\n      1. c\n    - d\n2. e"
    expected = [(1, "1.", "a"), (2, "-", "b"), (3, "1.", "c"), (2, "-", "d"), (1, "2.", "e")]
    assert shown(contents(body)) == expected


def test_the_words_of_an_item_that_is_split_are_written_once() -> None:
    words = [f"w{number}" for number in range(900)]
    text = "\n".join(contents(f"- a\n  - {' '.join(words)}\n  - b\n- c"))
    assert text.replace("- ", "").split() == ["a", *words, "b", "c"]


@pytest.mark.parametrize("quote", ["", "> "])
def test_a_list_that_starts_at_zero_shows_the_zero(quote: str) -> None:
    (message,) = contents(f"{quote}0. a\n{quote}1. b\n{quote}2. c")
    assert message == f"{quote}0\\. a\n{quote}1. b\n{quote}2. c"


def test_numbers_that_discord_would_count_otherwise_are_text() -> None:
    html = "<ol><li>a<li value=5>b<li>c<ol start=0><li>d<li>e</ol></ol>"
    (message,) = contents(f"<h1>T</h1><p>Words.</p>{html}", "html")
    assert message == "Words.\n\n1. a\n5\\. b\n6. c\n   0\\. d\n   1. e"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<ol start=-1><li>a<li>b<li>c</ol>", "-1\\. a\n0\\. b\n1. c"),
        ("<ol reversed start=3><li>a<li>b</ol>", "3. a\n2\\. b"),
        ("<ol><li value=-2>a<li>b</ol>", "-2\\. a\n-1\\. b"),
    ],
)
def test_lists_that_start_below_zero_or_count_down_show_their_numbers(
    html: str, expected: str
) -> None:
    (message,) = contents(f"<h1>T</h1><p>Words.</p>{html}", "html")
    assert message == f"Words.\n\n{expected}"


def test_a_bullet_below_numbers_of_the_same_level_stays_a_bullet() -> None:
    (message,) = contents("- a\n  1. b\n  - c\n  - d")
    assert message == "- a\n  1. b\n  \\- c\n  - d"


def test_a_revision_keeps_the_messages_of_a_list_and_its_levels() -> None:
    body, items = write_list(("-", "1.", "-"), 4, SENTENCE)
    old = read_essay(f"# T\n\n{body}", format="markdown")
    posted = [PostedPart(part.content, part.item_range) for part in lay_out(old).parts]
    same = revise(old, old, posted)
    assert [part and part.content for part in same.parts] == [one.content for one in posted]
    new = read_essay(f"# T\n\n{SENTENCE * 40}\n\n{body}", format="markdown")
    changed = revise(old, new, posted)
    messages = [part.content for part in (*changed.parts, *changed.more) if part is not None]
    assert shown(messages) == items


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from([1, 4, 25])), min_size=1, max_size=40),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_any_nested_list_keeps_its_levels_and_numbers(
    steps: list[tuple[int, int]], ordered: list[bool]
) -> None:
    lines: list[str] = []
    items: list[tuple[int, str, str]] = []
    widths: list[int] = []
    numbers: list[int] = []
    for place, (wanted, length) in enumerate(steps):
        level = min(wanted, len(numbers) + 1)
        del numbers[level:], widths[level:]
        if level > len(numbers):
            numbers.append(0)
            widths.append(0)
        numbers[-1] += 1
        marker = f"{numbers[-1]}." if ordered[level - 1] else "-"
        widths[-1] = len(marker) + 1
        lines.append(f"{' ' * sum(widths[:-1])}{marker} n{place} {SENTENCE * length}")
        items.append((level, marker, f"n{place}"))
    assert shown(contents("\n".join(lines))) == items


@pytest.mark.parametrize(
    "written",
    [
        "- a\n- - c\n- d",
        "1. a\n2. - b\n   - c\n3. d",
        "1. 1. a\n   2. b\n2. 1. c",
        "- - - x\n    - y\n- z",
        "- 3. a\n  4. b\n- 1. c",
    ],
)
def test_an_item_that_begins_with_a_list_keeps_its_own_marker(written: str) -> None:
    (part,) = lay_out(read_essay(f"# T\n\nText.\n\n{written}\n", format="markdown")).parts
    assert part.content.partition("\n\n")[2] == written


@pytest.mark.parametrize("sign", ["-", "1."])
def test_more_lists_in_a_row_than_discord_shows_begin_one_item(sign: str) -> None:
    source = f"# T\n\nText.\n\n{f'{sign} ' * 15}deep\n"
    (part,) = lay_out(read_essay(source, format="markdown")).parts
    assert part.content.endswith(f"{f'{sign} ' * 10}deep")
