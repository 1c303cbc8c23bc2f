"""Diff two revisions of an essay for people: removed words struck through, new ones bold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import regex

from bot.core.essay.essay import Essay
from bot.core.text.escape import escape
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.core.text.truncate import truncate

__all__ = ["diff_facts", "diff_passages"]

#: Characters shown of a passage, and of the context around a change.
_MAX_SHOWN, _CONTEXT = 160, 30
#: Similarity (0 to 100) from which on two passages count as the same one, reworded.
_MIN_SIMILARITY = 50.0
#: Pairs of passages beyond which none are compared: all are shown as removed or new.
_MAX_PAIRS = 400

_TOKEN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[\p{L}\p{N}\p{M}'’_-]+|\s+|.")


#: The lines of changed facts.
_TITLE = gettext_noop("Title: {change}")
_BYLINE = gettext_noop("Byline: {change}")
_AUTHOR = gettext_noop("Author: {change}")
_EPIGRAPH = gettext_noop("Epigraph: {change}")
_SOURCE = gettext_noop("Source: {change}")
_COVER = gettext_noop("Cover: {change}")
_QUESTIONS = gettext_noop("Questions: {change}")


def diff_facts(old: Essay, new: Essay) -> list[str]:
    """The changed facts, a line each: title, byline, author, questions and so on."""
    lines: list[str] = []
    facts = (
        (_TITLE, old.title, new.title),
        (_BYLINE, old.byline, new.byline),
        (_AUTHOR, old.author, new.author),
        (_EPIGRAPH, old.epigraph and old.epigraph.text, new.epigraph and new.epigraph.text),
        (_SOURCE, old.source_url, new.source_url),
        (_COVER, *_name_covers(old, new)),
        (_QUESTIONS, " ".join(old.questions), " ".join(new.questions)),
    )
    for line, before, after in facts:
        if (before or "") == (after or ""):
            continue
        shown = [f"~~{_escape_fact(before)}~~"] if before else []
        shown += [f"**{_escape_fact(after)}**"] if after else []
        lines.append(_(line, change=" ".join(shown)))
    return lines


def _name_covers(old: Essay, new: Essay) -> tuple[str | None, str | None]:
    """The covers' addresses; where two covers have the same or none, what happened to the cover."""
    before, after = old.cover_image, new.cover_image
    if before != after or old.cover_file == new.cover_file:
        return before, after
    if before is None:
        another = _("another picture") if old.cover_file else _("a picture")
        return old.cover_file and _("a picture"), new.cover_file and another
    if old.cover_file is None or new.cover_file is None:
        return before, after  # only whether there is a copy
    return None, _("another picture at {address}", address=after)


def diff_passages(old: Essay, new: Essay, *, full: bool = False) -> list[str]:
    """The changed passages, a line each; ``full``: with all of their words."""
    before = [passage.text for passage in old.passages]
    after = [passage.text for passage in new.passages]
    lines: list[str] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        for one, other in _match_passages(before[a:b], after[c:d]):
            removed = None if one is None else before[a + one]
            added = None if other is None else after[c + other]
            if one is None or removed is None:
                lines.append(
                    _(
                        "¶{number} added: **{text}**",
                        number=c + (other or 0) + 1,
                        text=_escape_text(added or "", full),
                    )
                )
            elif other is None or added is None:
                text = _escape_text(removed, full)
                lines.append(_("¶{number} removed: ~~{text}~~", number=a + one + 1, text=text))
            else:
                lines.append(f"¶{c + other + 1}: {_diff_words(removed, added, full=full)}")
    return lines


def _match_passages(
    before: Sequence[str], after: Sequence[str]
) -> Iterator[tuple[int | None, int | None]]:
    """Match reworded passages (old index, new index), in the order of the new text."""
    from rapidfuzz import fuzz  # takes 3 MB, and is rarely needed

    first = 0
    comparable = len(before) * len(after) <= _MAX_PAIRS
    for other, text in enumerate(after):
        scores = [fuzz.ratio(one, text) for one in before[first:]] if comparable else []
        best = max(range(len(scores)), key=scores.__getitem__, default=None)
        if best is None or scores[best] < _MIN_SIMILARITY:
            yield None, other
            continue
        yield from ((removed, None) for removed in range(first, first + best))
        yield first + best, other
        first += best + 1
    yield from ((removed, None) for removed in range(first, len(before)))


def _diff_words(before: str, after: str, *, full: bool) -> str:
    """The changes inside one passage, with some context."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    out: list[str] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    opcodes = matcher.get_opcodes()
    for place, (kind, a, b, c, d) in enumerate(opcodes):
        removed, added = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            kept = (
                removed
                if full
                else _shorten_context(removed, first=not place, last=place == len(opcodes) - 1)
            )
            out.append(escape(kept))
            continue
        out.append(_add_marks(removed, "~~", full) if removed.strip() else "")
        out.append(_add_marks(added, "**", full) if added.strip() else added)
    shown = "".join(out).strip()
    return shown if full else truncate(shown, 2 * _MAX_SHOWN)


def _add_marks(text: str, mark: str, full: bool) -> str:
    """Put marks around words, with white space outside, else Discord ignores the marks."""
    inner = text.strip()
    before, after = text[: text.index(inner)], text[text.index(inner) + len(inner) :]
    return f"{' ' * bool(before)}{mark}{_escape_text(inner, full)}{mark}{' ' * bool(after)}"


def _shorten_context(text: str, *, first: bool, last: bool) -> str:
    """Shorten unchanged text to the words next to a change."""
    if len(text) <= 2 * _CONTEXT:
        return text
    head = "" if first else text[:_CONTEXT].rsplit(" ", 1)[0] + " "
    tail = "" if last else " " + text[-_CONTEXT:].split(" ", 1)[-1]
    return f"{head}…{tail}"


def _escape_text(text: str, full: bool) -> str:
    text = " ".join(text.split())
    return escape(text if full else truncate(text, _MAX_SHOWN))


def _escape_fact(text: str | None) -> str:
    return escape(truncate(" ".join((text or "").split()), _MAX_SHOWN))
