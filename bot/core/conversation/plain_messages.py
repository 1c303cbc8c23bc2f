"""Plain messages: where a channel message that isn't a Discord reply belongs in a discussion.

Each could open a thread. To avoid a flood of threads, a message that continues what was said in the
channel belongs to that thread, a short one gets a thread only once somebody answers it, and a
channel gets so many new threads an hour. The decision depends on the messages alone, so the history
gives the same one as the gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from bot.core.text.length import count_cjk_characters, count_spaced_words

__all__ = [
    "LOOK_BACK_MS",
    "MAX_THREADS_PER_HOUR",
    "Placement",
    "PlainMessage",
    "find_mentioned_members",
    "is_short",
    "place_plain_message",
]

#: Milliseconds in which a member's messages that follow each other belong to one thread.
_SAME_AUTHOR_MS = 10 * 60_000
#: Milliseconds in which a message belongs to the thread of another member's message.
_OTHER_MEMBER_MS = 5 * 60_000
#: How far back a message is looked for whose author is mentioned, in milliseconds.
LOOK_BACK_MS = 60 * 60_000
#: A message has enough for a thread of its own with so many words, or characters in Chinese,
#: Japanese or Korean.
_ENOUGH_WORDS, _ENOUGH_CJK = 5, 10
#: New threads on plain messages in a channel and hour.
MAX_THREADS_PER_HOUR = 30

_MENTION = regex.compile(r"<@!?(\d+)>")
#: Emoji of servers, mentions and times, whose names and numbers aren't words of the member's.
_MARKUP = regex.compile(r"<(?:a?:\w+:|@[!&]?|#|/[^:>]+:|t:-?)\d+(?::\w)?>")


@dataclass(frozen=True, slots=True)
class PlainMessage:
    """A reply in a channel of a discussion, as a later message sees it.

    at:         when it was written, in milliseconds
    thread_id:  the thread it heads or belongs to; None if it has none
    waits:      it is short and has no thread until somebody answers it
    """

    id: int
    author_id: int
    at: int
    thread_id: int | None
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a plain message belongs.

    answered:      the message whose thread it belongs to; None: it answers the essay
    opens_thread:  a thread is opened on it
    """

    answered: PlainMessage | None = None
    opens_thread: bool = False


def find_mentioned_members(text: str) -> frozenset[int]:
    """The members whom a message mentions."""
    return frozenset(int(found[1]) for found in _MENTION.finditer(text))


def is_short(text: str) -> bool:
    """Whether a message is too short to open a thread before somebody answers it.

    Under 5 words or 10 characters in Chinese, Japanese or Korean; where it has both, two characters
    count as one word.
    """
    own = _MARKUP.sub(" ", text)
    share = count_spaced_words(own) * _ENOUGH_CJK + count_cjk_characters(own) * _ENOUGH_WORDS
    return share < _ENOUGH_WORDS * _ENOUGH_CJK


def place_plain_message(
    message: PlainMessage, text: str, before: Sequence[PlainMessage], threads_in_hour: int
) -> Placement:
    """Decide where a plain message belongs.

    before:           the discussion's replies in the channel before it, the newest first, at least
                      those of the last ``LOOK_BACK_MS``
    threads_in_hour:  how many threads plain messages have opened in the channel within the hour
                      before it
    """
    answered = (
        _find_mentioned(message, text, before)
        or _find_own(message, before)
        or _find_neighbour(message, before)
    )
    if answered is not None:
        return Placement(answered)
    return Placement(opens_thread=threads_in_hour < MAX_THREADS_PER_HOUR and not is_short(text))


def _find_mentioned(
    message: PlainMessage, text: str, before: Sequence[PlainMessage]
) -> PlainMessage | None:
    """The newest message of somebody whom the message mentions."""
    mentioned = find_mentioned_members(text) - {message.author_id}
    for one in before:
        if one.author_id in mentioned and message.at - one.at <= LOOK_BACK_MS and _takes(one):
            return one
    return None


def _find_own(message: PlainMessage, before: Sequence[PlainMessage]) -> PlainMessage | None:
    """The message that began the thread of the author's messages right before this one."""
    found: PlainMessage | None = None
    for one in before:
        if one.author_id != message.author_id:
            break
        if one.thread_id is None or (found is not None and one.thread_id != found.thread_id):
            break
        found = one
    return found if found is not None and message.at - found.at <= _SAME_AUTHOR_MS else None


def _find_neighbour(message: PlainMessage, before: Sequence[PlainMessage]) -> PlainMessage | None:
    """The newest message of another member within five minutes."""
    for one in before:
        if message.at - one.at > _OTHER_MEMBER_MS:
            return None
        if one.author_id not in (0, message.author_id) and _takes(one):
            return one
    return None


def _takes(one: PlainMessage) -> bool:
    """Whether others can belong to this message: it has a thread, or gets one when answered."""
    return one.thread_id is not None or one.waits
