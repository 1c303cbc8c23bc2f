"""From essay to messages nothing is lost, invented, split wrongly or turned into markup."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given

from bot.core.essay.blocks import Heading, Rule
from bot.core.essay.essay import Essay
from bot.core.layout.layout import lay_out
from bot.core.layout.parts import Layout
from bot.core.read_essay import read_essay
from tests.core.completeness import faults_of, folder_from_environment
from tests.core.discord_markdown import EditPreview, read_message
from tests.core.generated_essays import Written, written_essays

HERE = Path(__file__).parent / "essays"


def _dense(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)


def _read(written: Written) -> Essay:
    essay = read_essay(written.markdown, format="markdown")
    assume(essay.epigraph is None)  # the card shows it, not the parts
    return essay


def _laid_out(written: Written) -> tuple[Layout, list[EditPreview]]:
    layout = lay_out(_read(written))
    return layout, [read_message(part.content) for part in layout.parts]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(written_essays())
def test_what_discord_shows_is_what_was_written_character_for_character(written: Written) -> None:
    _, shown = _laid_out(written)
    assert _dense("".join(one.text for one in shown)) == _dense("".join(written.shown))


@given(written_essays())
def test_nothing_literal_becomes_markup(written: Written) -> None:
    layout, shown = _laid_out(written)
    assert [one.living for one in shown] == [[] for _ in layout.parts]


@given(written_essays())
def test_every_link_survives_whole_and_in_order(written: Written) -> None:
    _, shown = _laid_out(written)
    masked = [link for one in shown for link in one.links if "example.org" not in link]
    assert masked == written.links


@given(written_essays())
def test_what_is_bold_stays_bold_and_nothing_else_becomes_so(written: Written) -> None:
    _, shown = _laid_out(written)
    headings = {heading for one in shown for heading in one.headings}
    bold = "".join(text for one in shown for sign, text in one.marked if sign == "**")
    if "#### " in written.markdown or headings:
        assert all(_dense(text) in _dense(bold) for text in written.bold)
    else:
        assert _dense(bold) == _dense("".join(written.bold))


@given(written_essays())
def test_code_stays_code_with_its_lines(written: Written) -> None:
    _, shown = _laid_out(written)
    code = "\n".join(text for one in shown for text in one.codes)
    assert _dense(code) == _dense("\n".join(written.codes))


@given(written_essays())
def test_every_part_fits_and_carries_its_passages_in_order(written: Written) -> None:
    layout, _ = _laid_out(written)
    carried: list[int] = []
    for part in layout.parts:
        assert part.content.strip()
        assert _units(part.content) <= 2_000
        carried.extend(part.passages)
    assert carried == sorted(carried)
    essay = read_essay(written.markdown, format="markdown")
    assert sorted(set(carried)) == [passage.number for passage in essay.passages]


_NUMBER = re.compile(r"^(?:> )?-# ¶([0-9]+)\n", re.MULTILINE)


@given(written_essays())
def test_numbers_change_nothing_but_that_they_are_shown(written: Written) -> None:
    essay = _read(written)
    layout = lay_out(essay, numbered=True)
    shown = [read_message(_NUMBER.sub("", part.content)) for part in layout.parts]
    assert _dense("".join(one.text for one in shown)) == _dense("".join(written.shown))
    assert [one.living for one in shown] == [[] for _ in layout.parts]
    numbers: list[int] = []
    for part in layout.parts:
        assert _units(part.content) <= 2_000
        found = [int(number) for number in _NUMBER.findall(part.content)]
        assert set(found) <= set(part.passages)
        assert "¶" in read_message(part.content).text or not found
        numbers.extend(found)
    headings = {one.passage for one in essay.body if isinstance(one.block, Heading | Rule)}
    others = {one.passage for one in essay.body if not isinstance(one.block, Heading | Rule)}
    assert numbers == sorted(set(numbers)), "each once, in order"
    assert set(numbers) <= others
    assert {passage.number for passage in essay.passages} - headings <= set(numbers)


@pytest.mark.parametrize("path", sorted(HERE.iterdir()), ids=lambda path: path.name)
def test_the_essays_of_this_folder_lose_and_gain_no_word(path: Path) -> None:
    assert faults_of(path) == []
    assert faults_of(path, numbered=True) == []


@pytest.mark.parametrize("path", folder_from_environment(), ids=str)
def test_the_essays_of_a_given_folder_lose_and_gain_no_word(path: Path) -> None:
    assert faults_of(path) == []
    assert faults_of(path, numbered=True) == []
