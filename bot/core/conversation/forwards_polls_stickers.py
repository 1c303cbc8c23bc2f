"""What a message has besides text and files: a forwarded message, a poll, stickers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "NO_EXTRAS",
    "Extras",
    "Forward",
    "Poll",
    "PollAnswer",
    "describe_extras",
    "export_extras",
    "extras_from_columns",
    "extras_to_columns",
    "list_texts",
]


@dataclass(frozen=True, slots=True)
class Forward:
    """A forwarded message, as it was when it was forwarded; its files are the message's own.

    message_id:  the message that was forwarded; None if Discord doesn't name it
    stickers:    the names of its stickers
    """

    message_id: int | None
    text: str
    stickers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PollAnswer:
    """An answer of a poll. ``votes``: None until the poll has ended and the votes are counted."""

    text: str
    emoji: str = ""
    votes: int | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll. ``ended``: the votes are counted, and nothing in it changes any more.

    Counts before the end may be wrong (docs: Poll Resource › Poll Results), so they aren't known.
    """

    question: str
    answers: tuple[PollAnswer, ...]
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Extras:
    """What a message has besides text and files. ``stickers``: their names."""

    forward: Forward | None = None
    poll: Poll | None = None
    stickers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.forward or self.poll or self.stickers)


NO_EXTRAS = Extras()


def describe_extras(extras: Extras) -> str:
    """The author's own words in it, for a message without text: its question or sticker.

    A forward has none: its words are somebody else's.
    """
    if extras.poll is not None:
        return extras.poll.question
    return ", ".join(extras.stickers)


def list_texts(extras: Extras) -> list[str]:
    """All words in it, also those of a forwarded message."""
    forward, poll = extras.forward, extras.poll
    found: list[str] = []
    if forward is not None:
        found += [forward.text, *forward.stickers]
    if poll is not None:
        found += [poll.question, *(f"{one.emoji} {one.text}".strip() for one in poll.answers)]
    return [*found, *extras.stickers]


def extras_to_columns(extras: Extras) -> dict[str, Any]:
    """The columns that the archive has for extras; equal ones have equal columns."""
    forward, poll = extras.forward, extras.poll
    return {
        "forwarded_id": None if forward is None else forward.message_id,
        "poll_open": int(poll is not None and not poll.ended),
        "forward_text": None if forward is None else forward.text,
        "forward_stickers": _to_json(() if forward is None else forward.stickers),
        "poll": None if poll is None else _to_json(_export_poll(poll)),
        "stickers": _to_json(extras.stickers),
    }


def extras_from_columns(columns: Mapping[str, Any]) -> Extras:
    """The extras that were stored as these columns."""
    forward = poll = None
    if columns["forward_text"] is not None:
        stickers = tuple(json.loads(columns["forward_stickers"]))
        forward = Forward(columns["forwarded_id"], columns["forward_text"], stickers)
    if columns["poll"] is not None:
        fields = json.loads(columns["poll"])
        answers = tuple(
            PollAnswer(one["text"], one["emoji"], one["votes"]) for one in fields["answers"]
        )
        poll = Poll(fields["question"], answers, fields["ended"])
    return Extras(forward, poll, tuple(json.loads(columns["stickers"])))


def export_extras(extras: Extras) -> dict[str, Any]:
    """The extras in an export: ``forward``, ``poll`` and ``stickers``; None or [] without any."""
    forward, poll = extras.forward, extras.poll
    return {
        "forward": None
        if forward is None
        else {"text": forward.text, "stickers": list(forward.stickers)},
        "poll": None if poll is None else _export_poll(poll),
        "stickers": list(extras.stickers),
    }


def _export_poll(poll: Poll) -> dict[str, Any]:
    answers = [{"text": one.text, "emoji": one.emoji, "votes": one.votes} for one in poll.answers]
    return {"question": poll.question, "answers": answers, "ended": poll.ended}


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
