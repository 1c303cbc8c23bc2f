"""The chart: well-formed for any number of passages, the same each time, and rendered to PNG."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from PIL import Image

from bot.core.text.translate import get_languages, use_language
from bot.library.chart import DARK, LIGHT, draw_chart
from bot.library.chart_data import Course, PassageBar
from bot.library.chart_process import render_png

ROOT = Path(__file__).parents[2]
BEGUN = datetime(2026, 1, 5, 10, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def make_course(passages: int, *, days: int = 30, prompts: int = 3, replies: int = 40) -> Course:
    bars = tuple(
        PassageBar(number, number % 7 if replies else 0, number % 5 == 0)
        for number in range(1, passages + 1)
    )
    ended = BEGUN + timedelta(days=days)
    counts = tuple(replies if place == 0 else 0 for place in range(days + 1))
    sent = tuple(BEGUN + (ended - BEGUN) * place / (prompts + 1) for place in range(1, prompts + 1))
    return Course(
        passages=bars,
        people=min(replies, 6),
        replies=replies,
        begun=BEGUN,
        ended=ended,
        dates=("2026-01-05", f"{ended:%Y-%m-%d}"),
        step=timedelta(days=1),
        counts=counts,
        prompts=sent,
    )


def list_bars(svg: str, kind: str) -> list[tuple[float, float]]:
    """Where bars of a kind begin and how wide they are; not the pattern's own."""
    return [
        (float(one.get("x") or 0), float(one.get("width") or 0))
        for one in etree.fromstring(svg.encode()).iter(f"{SVG}rect")
        if one.get("class") == f"chart-{kind}" and one.get("x") is not None
    ]


@pytest.mark.parametrize("passages", [1, 2, 3, 10, 11, 60, 300, 360, 361, 5000])
def test_every_passage_has_its_place_on_the_strip(passages: int) -> None:
    svg = draw_chart(make_course(passages), LIGHT)
    places = list_bars(svg, "line")
    strip = [one for one in places if one[1] < 440]
    assert len(strip) in (passages, -(-passages // -(-passages // 360)))
    for place, width in places:
        assert place >= 12
        assert place + width <= 468.1
    labels = re.findall(r">¶(\d+)<", svg)
    assert labels[0] == "1"
    assert labels == sorted(labels, key=int)
    assert len(set(labels)) == len(labels)


def test_a_discussion_without_replies_shows_what_is_asked_and_no_bars() -> None:
    svg = draw_chart(make_course(12, replies=0, prompts=0), LIGHT)
    assert list_bars(svg, "bar") == []
    assert len(list_bars(svg, "open")) == 3, "two passages and the legend"
    assert "Replies per" not in svg
    assert "Replies per day" in draw_chart(make_course(12, replies=0), LIGHT)
    assert draw_chart(Course(), LIGHT) == ""


def test_prompts_are_marked_and_explained() -> None:
    svg = draw_chart(make_course(5, prompts=3), LIGHT)
    assert svg.count('class="chart-prompt"') == 4
    assert "chart-prompt" not in draw_chart(make_course(5, prompts=0), LIGHT)
    assert draw_chart(make_course(5, days=3000, prompts=9000), LIGHT).count("chart-prompt") < 250


def test_a_chart_has_nothing_from_elsewhere_and_is_the_same_each_time() -> None:
    svg = draw_chart(make_course(20), DARK)
    assert svg == draw_chart(make_course(20), DARK)
    addresses = re.findall(r"(?:https?:|url\(|href)[^\"' ]*", svg)
    assert set(addresses) == {"http://www.w3.org/2000/svg", "url(#hatching)"}
    assert "<script" not in svg
    assert 'aria-label="40 replies from 6 people' in svg


@pytest.mark.parametrize("passages", [3, 300])
def test_the_picture_has_its_own_paper_and_twice_the_size(passages: int) -> None:
    svg = draw_chart(make_course(passages), DARK)
    height = int(etree.fromstring(svg.encode()).get("height") or 0)
    with Image.open(io.BytesIO(render_png(svg))) as picture:
        assert picture.size == (960, 2 * height)
        assert picture.convert("RGB").getpixel((480, 6)) == (0x23, 0x24, 0x28)


def test_the_bundled_font_has_the_letters_of_every_language() -> None:
    for language in get_languages():
        with use_language(language):
            svg = draw_chart(make_course(60), DARK)
        texts = "".join(map(str, etree.fromstring(svg.encode()).itertext()))
        for letter in sorted(set(texts) - set(" \n")):
            drawn = _draw_letter(letter)
            assert drawn != _draw_letter("\ue123"), letter


def _draw_letter(letter: str) -> bytes:
    return render_png(
        '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">'
        f'<text x="5" y="30" font-size="20" font-family="Liberation Sans">{letter}</text></svg>'
    )


def test_the_child_process_answers_with_the_picture_or_with_nothing() -> None:
    def ask(svg: str) -> bytes:
        command = [sys.executable, "-m", "bot.library.chart_process"]
        done = subprocess.run(
            command, input=svg.encode(), capture_output=True, cwd=ROOT, env={}, check=False
        )
        return done.stdout

    assert ask(draw_chart(make_course(20), DARK)).startswith(b"\x89PNG")
    assert ask("<svg") == b""
