"""Texts of very many nearly empty pieces are refused; other long texts are read."""

from __future__ import annotations

from typing import Literal

import pytest

from bot.core.reading.piece_limit import check_piece_limit
from bot.errors import UnreadableEssay

LENGTH = 500_000
Kind = Literal["markdown", "html", "text"]

MARKDOWN = [
    *("- a\n", "* a\n+ b\n", "1. a\n\n", "> a\n", "> a\nb\n", "# a\n", "a\n=\n", "a\n\n"),
    *("|c|d|\n", "|a|b|\n|-|-|\n|c|d|\n\n", "```\n", "a\n: b\n\n", "- a\n  - b\n", "^[note]"),
    *("w^[note] ", "w[^1] ", "[^1]: a\n\n", "*a* ", "**a** ", "_a_ ", "~~a~~ ", "`a` ", "[a] "),
    *("[", "<td>", "<li>a", "a<br>", "*a **b ***c"),
]
HTML = [
    *("<td>", "<tr><td>a", "<li>a", "<ul><li>a", "<p>a</p>", "<div>a</div>", "a<br>"),
    *("<dt>a<dd>b", "<h2>a</h2>", "<p>海辺</p>\n", "<table><tr><td>a", "<DIV CLASS=x> a"),
]
SCRAPS: list[tuple[Kind, str]] = [
    *(("markdown", run) for run in MARKDOWN),
    *(("html", run) for run in HTML),
    ("text", "a\n"),
    ("text", "海辺\n"),
]
LONG: list[tuple[Kind, str]] = [
    ("markdown", "- An item of a list that says something.\n"),
    ("markdown", "It rained, and *nobody* minded.[^1] "),
    ("markdown", "See [the note](https://a.example/) on it. "),
    ("markdown", "海辺の町では、冬になると船が帰ってこない。\n\n"),
    ("markdown", "`" * 100_000 + " "),
    ("html", "<p>It rained, and nobody minded.</p>\n"),
    ("html", "<tr><td>Nets and boats</td><td>Lamps and oil</td></tr>\n"),
    ("html", "<div>" * 10),
    ("text", "It rained, and nobody minded.\n"),
    ("text", "word "),
    ("text", "a"),
]


@pytest.mark.parametrize(("kind", "run"), SCRAPS)
def test_half_a_million_characters_of_scraps_are_refused(kind: Kind, run: str) -> None:
    text = run * (LENGTH // len(run))
    with pytest.raises(UnreadableEssay, match="nearly empty"):
        check_piece_limit(text, kind)


@pytest.mark.parametrize(("kind", "run"), LONG)
def test_half_a_million_characters_of_longer_pieces_are_read(kind: Kind, run: str) -> None:
    check_piece_limit(run * (LENGTH // len(run)), kind)


@pytest.mark.parametrize(("kind", "run"), SCRAPS)
def test_a_text_of_a_few_thousand_scraps_is_read(kind: Kind, run: str) -> None:
    check_piece_limit(run * 2_000, kind)
