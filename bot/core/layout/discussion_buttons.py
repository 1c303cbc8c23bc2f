"""The buttons below the card, the closing message and the prompts of a discussion.

A custom id has only the button's action: the discussion is that of the message it is on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.core.payload import Payload
from bot.core.text.translate import gettext as _

__all__ = [
    "ANSWER",
    "ASK",
    "DISCUSSION_BUTTON_KIND",
    "THREADS",
    "WHATS_NEW",
    "make_card_buttons",
    "make_discussion_buttons",
    "remove_ask_button",
]

#: Parts of the custom id, ``salon:discussion:answer``.
DISCUSSION_BUTTON_KIND = "discussion"
ANSWER, ASK, THREADS, WHATS_NEW = "answer", "ask", "threads", "new"

_ROW, _BUTTON, _PRIMARY, _SECONDARY = 1, 2, 1, 2  # docs: Component Reference


def make_discussion_buttons(*, has_answer: bool, has_author: bool = False) -> list[dict[str, Any]]:
    """The buttons of a closing message or prompt, as the components of a message.

    has_answer: the server lets members answer with a form
    has_author: a member is known as the essay's author
    """
    buttons: list[dict[str, Any]] = []
    if has_answer:
        buttons.append(_make_button(ANSWER, _("Answer"), _PRIMARY))
    buttons.append(_make_button(WHATS_NEW, _("What's new"), _SECONDARY))
    if has_answer and has_author:
        buttons.append(_make_button(ASK, _("Ask the author"), _SECONDARY))
    return _make_rows(buttons)


def make_card_buttons() -> list[dict[str, Any]]:
    """The buttons of a card, for a row of its components."""
    return [
        _make_button(THREADS, _("Threads"), _SECONDARY),
        _make_button(WHATS_NEW, _("What's new"), _SECONDARY),
    ]


def remove_ask_button(payload: Payload) -> Payload | None:
    """The payload of a message without *Ask the author*; None if it has no such button."""
    custom_id = f"salon:{DISCUSSION_BUTTON_KIND}:{ASK}"
    rows = payload.get("components") or []
    if not any(one.get("custom_id") == custom_id for row in rows for one in _get_parts(row)):
        return None
    kept = [
        row | {"components": [one for one in _get_parts(row) if one.get("custom_id") != custom_id]}
        if "components" in row
        else row
        for row in rows
    ]
    return payload | {"components": [row for row in kept if row.get("components") != []]}


def _get_parts(row: dict[str, Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = row.get("components") or []
    return parts


def _make_button(what: str, label: str, style: int) -> dict[str, Any]:
    return {
        "type": _BUTTON,
        "style": style,
        "label": label,
        "custom_id": f"salon:{DISCUSSION_BUTTON_KIND}:{what}",
    }


def _make_rows(buttons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": _ROW, "components": list(buttons)}] if buttons else []
