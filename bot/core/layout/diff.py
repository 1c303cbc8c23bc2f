"""What a new revision changes in the words of an essay, told so that a person sees it.

What goes is struck through, what comes is bold; both are shown literally.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import regex
from rapidfuzz import fuzz

from bot.core.essay.essay import Essay
from bot.core.text.escape import escape
from bot.core.text.truncate import truncate

__all__ = ["diff_facts", "diff_passages"]

#: Characters that are told of a passage, and of the words around a change.
_MOST, _AROUND = 160, 30
#: How alike, of 100, two passages have to be to be shown as one that was reworded.
_REWORDED = 50.0
#: Passages beyond which an essay counts as another one: only what comes and goes is told.
_MANY = 400

_TOKEN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}'’_-]+|\s+|.")


def diff_facts(old: Essay, new: Essay) -> list[str]:
    """What changes beside the text, a line each: title, byline, author, questions and so on."""
    lines: list[str] = []
    facts = (
        ("Title", old.title, new.title),
        ("Byline", old.byline, new.byline),
        ("Author", old.author, new.author),
        ("Epigraph", old.epigraph and old.epigraph.text, new.epigraph and new.epigraph.text),
        ("Source", old.source_url, new.source_url),
        ("Cover", old.cover_image, new.cover_image),
        ("Questions", " ".join(old.questions), " ".join(new.questions)),
    )
    for name, before, after in facts:
        if (before or "") == (after or ""):
            continue
        told = [f"~~{_shown(before)}~~"] if before else []
        told += [f"**{_shown(after)}**"] if after else []
        lines.append(f"{name}: {' '.join(told)}")
    return lines


def diff_passages(old: Essay, new: Essay, *, whole: bool = False) -> list[str]:
    """What changes in the text, a line for each passage; ``whole``: with all of its words."""
    before = [passage.text for passage in old.passages]
    after = [passage.text for passage in new.passages]
    lines: list[str] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        for one, other in _pairs(before[a:b], after[c:d]):
            gone = None if one is None else before[a + one]
            come = None if other is None else after[c + other]
            if one is None or gone is None:
                lines.append(f"¶{c + (other or 0) + 1} comes: **{_told(come or '', whole)}**")
            elif other is None or come is None:
                lines.append(f"¶{a + one + 1} goes: ~~{_told(gone, whole)}~~")
            else:
                lines.append(f"¶{c + other + 1}: {_reworded(gone, come, whole=whole)}")
    return lines


def _pairs(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Which of the passages are one another, reworded; in the order of the new text."""
    first = 0
    alike = len(before) * len(after) <= _MANY
    for other, text in enumerate(after):
        scores = [fuzz.ratio(one, text) for one in before[first:]] if alike else []
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        if best is None or scores[best] < _REWORDED:
            yield None, other
            continue
        yield from ((gone, None) for gone in range(first, first + best))
        yield first + best, other
        first += best + 1
    yield from ((gone, None) for gone in range(first, len(before)))


def _reworded(before: str, after: str, *, whole: bool) -> str:
    """One passage with what goes and comes in it, and some words around."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    out: list[str] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    codes = matcher.get_opcodes()
    for place, (kind, a, b, c, d) in enumerate(codes):
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            kept = gone if whole else _around(gone, first=not place, last=place == len(codes) - 1)
            out.append(escape(kept))
            continue
        out.append(_marked(gone, "~~", whole) if gone.strip() else "")
        out.append(_marked(come, "**", whole) if come.strip() else come)
    told = "".join(out).strip()
    return told if whole else truncate(told, 2 * _MOST)


def _marked(text: str, mark: str, whole: bool) -> str:
    """Words between marks; the space around them stays outside, where marks count."""
    inner = text.strip()
    before, after = text[: text.index(inner)], text[text.index(inner) + len(inner) :]
    return f"{' ' * bool(before)}{mark}{_told(inner, whole)}{mark}{' ' * bool(after)}"


def _around(text: str, *, first: bool, last: bool) -> str:
    """The words next to a change."""
    if len(text) <= 2 * _AROUND:
        return text
    head = "" if first else text[:_AROUND].rsplit(" ", 1)[0] + " "
    tail = "" if last else " " + text[-_AROUND:].split(" ", 1)[-1]
    return f"{head}…{tail}"


def _told(text: str, whole: bool) -> str:
    text = " ".join(text.split())
    return escape(text if whole else truncate(text, _MOST))


def _shown(text: str | None) -> str:
    return escape(truncate(" ".join((text or "").split()), _MOST))
