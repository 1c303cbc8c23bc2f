"""The parts don't repeat the byline and the epigraph that the card shows whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.conversation.passage_refs import find_quoted_passages
from bot.core.essay.essay import Epigraph, Essay
from bot.core.essay.source_format import Format
from bot.core.layout.layout import lay_out
from bot.core.layout.revise import PostedPart, revise
from bot.core.read_essay import read_essay
from tests.core.completeness import read_card

TEXT = "The ferry leaves at ten past six, and then there is no other until the morning."
HTML_QUOTED = "<blockquote><p>The sea holds one in its net.</p><p>— Ida Holm</p></blockquote>"
QUOTED = "> The sea holds one in its net.\n>\n> — Ida Holm"


def read(text: str, form: Format = "markdown") -> Essay:
    return read_essay(text, format=form)


def show(essay: Essay, *, numbered: bool = False) -> str:
    return "\n\n".join(part.content for part in lay_out(essay, numbered=numbered).parts)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (f"The Bay\nby Ann Lee\n\n“The sea holds one in its net.” — Ida Holm\n\n{TEXT}", "text"),
        (f"# The Bay\n\nBy Ann Lee\n\n{QUOTED}\n\n{TEXT}", "markdown"),
        (f"# The Bay\n\n{QUOTED}\n\nBy Ann Lee\n\n{TEXT}", "markdown"),
        (f"# The Bay\n\n## Author: Ann Lee\n\n{QUOTED}\n\n* * *\n\n{TEXT}", "markdown"),
        (
            f"---\ntitle: The Bay\nauthor: Ann Lee\n---\nBy Ann Lee\n\n{QUOTED}\n\n{TEXT}",
            "markdown",
        ),
        (
            f"<title>The Bay</title><h1>The Bay</h1><p>By Ann Lee</p>{HTML_QUOTED}<p>{TEXT}</p>",
            "html",
        ),
    ],
)
@pytest.mark.parametrize("numbered", [False, True])
def test_byline_and_epigraph_are_on_the_card_alone_and_keep_their_numbers(
    text: str, form: Format, numbered: bool
) -> None:
    essay = read(text, form)
    number = essay.passages[-1].number
    lead = f"-# ¶{number}\n" if numbered else ""
    assert show(essay, numbered=numbered) == f"{lead}{TEXT}"
    assert [part.passages for part in lay_out(essay).parts] == [(number,)]
    card = read_card(essay)
    assert "Ann Lee" in card
    assert "> The sea holds one in its net.\n> — Ida Holm" in card
    assert [one.number for one in essay.passages] == list(range(1, number + 1))


def test_a_reply_that_quotes_the_epigraph_is_about_its_passage() -> None:
    essay = read(f"# The Bay\n\nBy Ann Lee\n\n{QUOTED}\n\n{TEXT}")
    passages = {one.number: one.text for one in essay.passages}
    reply = "> The sea holds one in its net.\n\nIt holds me."
    assert find_quoted_passages(reply, passages) == (2,)


def test_the_lines_of_a_verse_before_the_text_are_on_the_card_alone() -> None:
    essay = read(f"# The Bay\n\n> The sea is wide\\\n> the ships are slow\n>\n> — Ida\n\n{TEXT}")
    assert show(essay) == TEXT
    assert "> The sea is wide\n> the ships are slow\n> — Ida" in read_card(essay)


def test_an_epigraph_that_the_card_shortens_or_joins_stays_in_the_parts() -> None:
    long = "The sea is wide. " * 60
    assert long.strip() in show(read(f"# The Bay\n\n> {long}\n>\n> — Ida Holm\n\n{TEXT}"))
    lines = "\\\n> ".join(f"wave {number}" for number in range(13))
    assert "wave 12" in show(read(f"# The Bay\n\n> {lines}\n>\n> — Ida Holm\n\n{TEXT}"))


def test_a_byline_with_a_link_stays_in_the_parts_since_the_card_has_only_its_text() -> None:
    text = f"# The Bay\n\nBy [Ann Lee](https://example.org/ann)\n\n{TEXT}"
    assert "By [Ann Lee](https://example.org/ann)" in show(read(text))


def test_a_signature_stays_in_the_parts() -> None:
    text = f"---\ntitle: The Bay\nauthor: Ann Lee\n---\n\n{TEXT}\n\nAnn Lee"
    assert show(read(text)) == f"{TEXT}\n\nAnn Lee"


def test_what_an_admin_changes_on_the_card_returns_to_the_parts_unless_only_its_spelling() -> None:
    essay = read(f"# The Bay\n\nBy Ann Lee\n\n{QUOTED}\n\n{TEXT}")
    spelled = replace(essay, byline="By Anne Lee")
    assert show(spelled) == TEXT
    assert show(replace(essay, byline=None, author=None)) == f"By Ann Lee\n\n{TEXT}"
    assert show(replace(essay, byline="By Ben Ek", author=None)) == f"By Ann Lee\n\n{TEXT}"
    quoted = "> The sea holds one in its net.\n> \n> — Ida Holm"
    assert show(replace(essay, epigraph=None)) == f"{quoted}\n\n{TEXT}"
    assert show(replace(essay, epigraph=Epigraph("Another.", None))) == f"{quoted}\n\n{TEXT}"


def test_an_essay_of_nothing_else_keeps_its_only_line() -> None:
    assert show(read("# The Bay\n\nBy Ann Lee")) == "By Ann Lee"


def test_an_edit_leaves_out_a_byline_that_was_posted_in_a_part_and_keeps_the_other_parts() -> None:
    rest = "\n\n".join(f"{number}. {TEXT} {TEXT}" for number in range(20))
    essay = read(f"# The Bay\n\nBy Ann Lee\n\n{rest}")
    with_byline = replace(essay, byline=None, author=None)  # shown in the part then
    posted = [PostedPart(one.content, one.item_range) for one in lay_out(with_byline).parts]
    assert posted[0].content.startswith("By Ann Lee")
    revised = revise(essay, essay, posted)
    shown = [part.content for part in revised.parts if part is not None]
    assert not shown[0].startswith("By Ann Lee")
    assert shown[1:] == [one.content for one in posted[1:]]
    assert revise(essay, essay, [PostedPart(p.content, p.item_range) for p in revised.parts if p]
                  ).parts == revised.parts  # fmt: skip
