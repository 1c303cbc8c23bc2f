"""The chart *How it went*, as SVG: people at each passage, and replies over time.

The upper half is the essay as a strip with a bar on each passage, the lower half a timeline.
Colours are attributes, so that it can be shown anywhere; a page with other colours in the dark sets
them by class. It has no scripts and nothing from elsewhere. (W3C: SVG 1.1.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape

from bot.core.text.translate import gettext as _
from bot.core.text.translate import ngettext
from bot.library.chart_data import Course, PassageBar, describe_course

__all__ = ["DARK", "LIGHT", "Theme", "draw_chart"]

#: Units of the drawing. On a phone it is shown at about two thirds of this.
_WIDTH, _LEFT, _RIGHT = 480, 12, 468
_BARS_TOP, _BARS_HEIGHT, _STRIP = 32, 90, 6
_TIMES_HEIGHT = 64
#: Where an unanswered question has no people: high enough for the hatching to show.
_STUB = 10
#: Passages beyond this share bars. Widest bar, and the width below which one is narrow.
_MOST_BARS = 360
_WIDEST, _NARROW = 44, 5
_LABEL_EVERY = 60
_MAX_MARKS = 200
_FONT = "'Liberation Sans', Arial, Helvetica, sans-serif"


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours. ``paper``: None for no background of its own."""

    paper: str | None
    ink: str
    quiet: str
    line: str
    bar: str
    prompt: str


LIGHT = Theme(None, "#1d1b18", "#67625a", "#dcd7cc", "#1f4f8f", "#a3480f")
DARK = Theme("#232428", "#f2f3f5", "#b5bac1", "#4e5058", "#7aa7f0", "#f0a860")


def draw_chart(course: Course, theme: Theme) -> str:
    """The chart in the current language; "" if there is nothing to draw."""
    if not course.passages and not course.replies and not course.prompts:
        return ""
    height = 0.0
    drawn: list[str] = []
    stripes = _make_hatching(theme, 45)
    if course.passages:
        bars = _join_bars(course.passages)
        slot = min((_RIGHT - _LEFT) / len(bars), _WIDEST)
        if slot < _NARROW:
            stripes = _make_hatching(theme, 90)
        height = _BARS_TOP + (_BARS_HEIGHT if any(one.people for one in bars) else _STUB)
        drawn += _draw_passages(bars, slot, theme, height)
        height += 2 + _STRIP + 18
        if any(one.has_open_question for one in bars):
            drawn += _draw_legend(height + 2, theme)
            height += 20
    if course.replies or course.prompts:
        room = _TIMES_HEIGHT if course.replies else _STUB
        drawn += _draw_times(course, theme, height + 10, room)
        height += 10 + 24 + room + 30
    label = escape(describe_course(course))
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" width="{_WIDTH}" height="{height:.0f}" '
        f'aria-label="{label}">'
    )
    paper = []
    if theme.paper is not None:
        paper = [f'<rect width="{_WIDTH}" height="{height:.0f}" rx="8" fill="{theme.paper}" />']
    return "\n".join([opening, stripes, *paper, *drawn, "</svg>"])


def _make_hatching(theme: Theme, degrees: int) -> str:
    """The pattern of unanswered questions; narrow bars show it only if it is horizontal."""
    return (
        '<defs><pattern id="hatching" width="4" height="4" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({degrees})">'
        f'<rect class="chart-bar" width="1.8" height="4" fill="{theme.bar}" /></pattern></defs>'
    )


def _draw_passages(
    bars: Sequence[PassageBar], slot: float, theme: Theme, base: float
) -> Iterator[str]:
    """Bars of this many units each, above ``base``, and the strip below it."""
    most = max(one.people for one in bars)
    yield _text(_LEFT, 18, _("People in the threads about each passage"), "chart-ink", theme.ink)
    if most:
        yield from _draw_maximum(_BARS_TOP, most, theme)
    width = slot * 0.8
    edge = f' stroke="{theme.bar}"' if slot >= _NARROW else ""
    for place, one in enumerate(bars):
        left = _LEFT + place * slot + (slot - width) / 2
        height = one.people / most * _BARS_HEIGHT if most else 0
        if one.has_open_question:
            height = max(height, _STUB)
            yield _bar(left, base - height, width, height, "url(#hatching)", "chart-open", edge)
        elif height:
            yield _bar(left, base - height, width, height, theme.bar, "chart-bar")
        yield _bar(left, base + 2, width, _STRIP, theme.line, "chart-line")
    bottom = base + 2 + _STRIP + 13
    for place in _choose_labels(len(bars), slot):
        centre = _LEFT + (place + 0.5) * slot
        yield _label(centre, bottom, f"¶{bars[place].number}", theme)


def _join_bars(bars: Sequence[PassageBar]) -> list[PassageBar]:
    """Neighbours as one bar, if there are more than can be drawn."""
    together = -(-len(bars) // _MOST_BARS)
    return [
        PassageBar(
            some[0].number,
            max(one.people for one in some),
            any(one.has_open_question for one in some),
        )
        for some in (bars[at : at + together] for at in range(0, len(bars), together))
    ]


def _choose_labels(count: int, slot: float) -> list[int]:
    """The positions of bars with a number below: the first, the last and some between."""
    every = next(one for one in _list_intervals() if one * slot >= _LABEL_EVERY or one >= count)
    last, room = count - 1, _LABEL_EVERY * 0.6
    between = range(every - 1, last, every)
    chosen = [one for one in between if one * slot >= room and (last - one) * slot >= room]
    return [0, *chosen, last] if last else [0]


def _list_intervals() -> Iterator[int]:
    size = 1
    while True:
        yield from (size, 2 * size, 5 * size)
        size *= 10


def _draw_legend(top: float, theme: Theme) -> Iterator[str]:
    yield _bar(_LEFT, top, 10, 10, "url(#hatching)", "chart-open", f' stroke="{theme.bar}"')
    yield _text(
        _LEFT + 16, top + 9, _("a question that nobody has answered"), "chart-quiet", theme.quiet
    )


def _draw_times(course: Course, theme: Theme, top: float, room: float) -> Iterator[str]:
    """The timeline; ``room``: the height of its bars."""
    assert course.begun is not None
    assert course.ended is not None
    yield _text(_LEFT, top + 10, _name_step(course.step), "chart-ink", theme.ink)
    ceiling = top + 24
    bottom = ceiling + room
    most = max(course.counts)
    if most:
        yield from _draw_maximum(ceiling, most, theme)
    slot = min((_RIGHT - _LEFT) / len(course.counts), _WIDEST)
    width = slot * 0.8
    for place, count in enumerate(course.counts):
        if count:
            height = max(count / most * room, 1.5)
            left = _LEFT + place * slot + (slot - width) / 2
            yield _bar(left, bottom - height, width, height, theme.bar, "chart-bar")
    right = _LEFT + slot * len(course.counts)
    yield _bar(_LEFT, bottom + 1, max(right, _LEFT + 1) - _LEFT, 1, theme.line, "chart-line")
    seen: set[int] = set()
    for at in course.prompts:
        x = _LEFT + (at - course.begun) / course.step * slot
        if round(x) in seen or len(seen) >= _MAX_MARKS:
            continue
        seen.add(round(x))
        yield _mark_prompt(x, bottom + 2.5, theme)
    below = bottom + 22
    begun, ended = f"{course.begun:%Y-%m-%d}", f"{course.ended:%Y-%m-%d}"
    yield _text(_LEFT, below, begun, "chart-quiet", theme.quiet)
    end = max(right, 2 * _LABEL_EVERY + 90)
    if ended != begun:
        yield _text(end, below, ended, "chart-quiet", theme.quiet, anchor="end")
    if course.prompts:
        x = (_LEFT + 70 + end - 70) / 2 if end > 330 else end + 24
        yield _mark_prompt(x - 26, below - 9, theme)
        yield _text(x - 18, below, _("prompt"), "chart-quiet", theme.quiet)


def _mark_prompt(x: float, top: float, theme: Theme) -> str:
    return f'<path class="chart-prompt" fill="{theme.prompt}" d="M{x:.1f} {top:.1f}l4 7h-8z" />'


def _name_step(step: timedelta) -> str:
    hours = step // timedelta(hours=1)
    if hours < 24:
        return ngettext("Replies per hour", "Replies per {count} hours", hours)
    if hours < 7 * 24:
        return ngettext("Replies per day", "Replies per {count} days", hours // 24)
    return ngettext("Replies per week", "Replies per {count} weeks", hours // (7 * 24))


def _draw_maximum(y: float, most: int, theme: Theme) -> Iterator[str]:
    """A line at the height of the highest bar, with its value."""
    yield _bar(_LEFT, y - 0.5, _RIGHT - _LEFT, 0.5, theme.line, "chart-line")
    yield _text(_RIGHT, y - 4, str(most), "chart-quiet", theme.quiet, anchor="end")


def _bar(
    left: float, top: float, width: float, height: float, fill: str, kind: str, more: str = ""
) -> str:
    return (
        f'<rect class="{kind}" x="{left:.2f}" y="{top:.2f}" width="{width:.2f}" '
        f'height="{height:.2f}" fill="{fill}"{more} />'
    )


def _label(centre: float, y: float, text: str, theme: Theme) -> str:
    """A label below a bar, not beyond the edges."""
    half = 3.2 * len(text)
    x = min(max(centre, _LEFT + half), _RIGHT - half)
    return _text(x, y, text, "chart-quiet", theme.quiet, anchor="middle")


def _text(x: float, y: float, text: str, kind: str, fill: str, *, anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}" '
        f'font-size="12" font-family="{_FONT}">{escape(text)}</text>'
    )
