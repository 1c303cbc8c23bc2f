"""Texts that are stored: as a code with arguments, rendered in the reader's language.

A sentence may be reworded or translated at any time; what was stored before follows, since its code
stays. The sentences are in :mod:`bot.core.text.sentences_by_code`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.text.locale_format import join_words
from bot.core.text.sentences_by_code import PERMISSIONS, SENTENCES
from bot.core.text.translate import gettext, ngettext

__all__ = ["CodedText", "coded_from_json", "coded_to_json", "make_coded", "read_coded"]


@dataclass(frozen=True, slots=True)
class CodedText:
    """A text by its code. ``str()`` renders it in the current language.

    values: what the placeholders of its sentence stand for; ``count`` chooses the plural
    """

    code: str
    values: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        sentence = SENTENCES.get(self.code)
        if sentence is None:  # stored by a newer version
            return self.code
        values = {name: _render(name, value) for name, value in self.values}
        if isinstance(sentence, str):
            # Of a sentence without placeholders, braces are literal.
            return gettext(sentence, **values)
        count = values.pop("count")
        assert isinstance(count, int)
        return ngettext(*sentence, count, **values)

    @property
    def stored(self) -> str:
        """The text as JSON, for the database; equal for equal texts."""
        return json.dumps(coded_to_json(self), ensure_ascii=False, separators=(",", ":"))

    def replace(self, old: str, new: str) -> CodedText:
        """The text with every argument that is ``old`` replaced by ``new``, for erasure."""

        def change(value: Any) -> Any:
            if isinstance(value, CodedText):
                return value.replace(old, new)
            if isinstance(value, tuple):
                return tuple(change(one) for one in value)
            return new if value == old else value

        return CodedText(self.code, tuple((name, change(value)) for name, value in self.values))


def make_coded(
    code: str, /, **values: int | str | CodedText | tuple[CodedText | str, ...]
) -> CodedText:
    """The text with a code, and the values of its sentence's placeholders."""
    assert code in SENTENCES, code
    return CodedText(code, tuple(values.items()))


def read_coded(stored: str | None) -> CodedText | None:
    """Reverse of :attr:`CodedText.stored`; None for NULL and for an empty text."""
    return coded_from_json(json.loads(stored)) if stored else None


def _render(name: str, value: Any) -> object:
    if isinstance(value, tuple):
        if name == "permissions":
            return join_words([f"*{gettext(PERMISSIONS.get(one, one))}*" for one in value])
        return join_words([str(one) for one in value])
    return str(value) if isinstance(value, CodedText) else value


def coded_to_json(text: CodedText) -> dict[str, Any]:
    """The text as an object for JSON: its code, and its values by name."""
    return {"code": text.code} | {name: _to_json(value) for name, value in text.values}


def _to_json(value: Any) -> Any:
    if isinstance(value, CodedText):
        return coded_to_json(value)
    return [_to_json(one) for one in value] if isinstance(value, tuple) else value


def coded_from_json(data: Mapping[str, Any]) -> CodedText:
    """Reverse of :func:`coded_to_json`."""
    values = {name: value for name, value in data.items() if name != "code"}
    return CodedText(data["code"], tuple((name, _read(value)) for name, value in values.items()))


def _read(value: Any) -> Any:
    if isinstance(value, dict):
        return coded_from_json(value)
    return tuple(_read(one) for one in value) if isinstance(value, list) else value
