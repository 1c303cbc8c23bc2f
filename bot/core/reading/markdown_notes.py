"""Footnotes in Markdown: no note is lost, whatever refers to it.

The library drops a note that nothing refers to, and distinguishes capitals in labels.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from mdit_py_plugins.footnote import footnote_plugin

from bot.core.reading.markdown_inline import guard_notes

__all__ = ["join_note_labels", "make_footnotes", "use_footnotes"]

_REFERENCE = re.compile(r"\[\^([^\]\s]+)\](?!:)")


# A note whose label has spaces, which the library reads as a link.
_SPACED_NOTE = re.compile(r"^[ \t>]*\[\^([^\[\]\n]{0,100}[ \t][^\[\]\n]{0,100})\]:", re.MULTILINE)


def join_note_labels(text: str) -> str:
    """A Markdown text whose notes have no spaces in their labels (``[^my note]``)."""
    labels = {_join(found[1]) for found in _SPACED_NOTE.finditer(text)}
    if not labels:
        return text

    def join(found: re.Match[str]) -> str:
        label = _join(found[1])
        return f"[^{label}]" if label in labels else found[0]

    return re.sub(r"\[\^([^\[\]\n]+)\]", join, text)


def _join(label: str) -> str:
    return "_".join(label.casefold().split())


class _Labels(dict[str, int]):
    """The ids of notes by their labels, whose case doesn't matter."""

    def __setitem__(self, key: str, value: int) -> None:
        super().__setitem__(key.casefold(), value)

    def __getitem__(self, key: str) -> int:
        return super().__getitem__(key.casefold())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.casefold())

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.casefold(), default)


def make_footnotes() -> dict[str, Any]:
    """The library's record of notes, for ``env["footnotes"]``."""
    return {"refs": _Labels(), "list": {}}


def _keep_all(state: StateCore) -> None:
    """Give every note a number: also one that only raw HTML or nothing refers to."""
    refs, notes = state.env["footnotes"]["refs"], state.env["footnotes"]["list"]
    for note in notes.values():
        if "label" in note:
            note["label"] = note["label"].casefold()
    for token in state.tokens:
        if token.type == "html_block" and "[^" in token.content:
            token.content = _REFERENCE.sub(lambda found: _refer(found, refs, notes), token.content)
    seen: set[str] = set()
    for token in state.tokens:
        if token.type != "footnote_reference_open":
            continue
        label = token.meta["label"].casefold()
        if label in seen:
            label = f"{label} {len(seen)}"  # a second note of that name; labels have no spaces
        seen.add(label)
        token.meta["label"] = label
        if refs.get(f":{label}", -1) < 0:
            _number(label, refs, notes)


def _number(label: str, refs: dict[str, int], notes: dict[int, Any]) -> int:
    number = len(notes)
    notes[number] = {"label": label, "count": 0}
    refs[f":{label}"] = number
    return number


def _refer(found: re.Match[str], refs: dict[str, int], notes: dict[int, Any]) -> str:
    """A reference in raw HTML, as the library renders one."""
    label = found[1].casefold()
    number = refs.get(f":{label}")
    if number is None:
        return found[0]
    if number < 0:
        number = _number(label, refs, notes)
    notes[number]["count"] += 1
    return f'<sup class="footnote-ref"><a href="#fn{number + 1}">[{number + 1}]</a></sup>'


def _render_caption(_self: Any, tokens: Sequence[Any], place: int, _options: Any, _env: Any) -> str:
    return f"[{tokens[place].meta['id'] + 1}]"


def use_footnotes(parser: MarkdownIt) -> None:
    """Make a parser read footnotes; ``env`` needs :func:`make_footnotes`."""
    parser.use(footnote_plugin)
    guard_notes(parser)
    parser.core.ruler.before("footnote_tail", "footnote_keep", _keep_all)
    parser.add_render_rule("footnote_caption", _render_caption)
