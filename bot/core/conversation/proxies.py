"""Proxies: apps that delete a member's message and repost it under another name with a webhook.

Nothing in the reposted message says which message it replaces, or who wrote that. It is found by
channel, time and text: the app leaves out what marks the message for it, at the beginning or end.
Several messages may fit. The one that the app deletes is the original.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.conversation.events import Message

__all__ = ["MAX_DELAY", "THREAD_DELAY_MS", "Original", "make_original", "rank_originals"]

#: How long after a message its proxy may come, by Discord's clock.
MAX_DELAY = timedelta(seconds=15)
#: Milliseconds that opening a thread waits in a server with proxies: the message may be reposted.
THREAD_DELAY_MS = 5_000
#: Characters that an app may leave out of a message.
_MAX_MARK = 100
#: Similarity (0 to 100) from which on a text counts as the other one, changed by the app.
_MIN_SIMILARITY = 80.0


@dataclass(frozen=True, slots=True)
class Original:
    """A member's message that an app may have reposted.

    files:   the names of its files
    deleted: whether Discord has reported that it was deleted
    """

    id: int
    channel_id: int
    author_id: int
    text: str
    files: tuple[str, ...]
    reference_id: int | None
    written_at: datetime
    deleted: bool = False


def make_original(message: Message) -> Original:
    """What a member's message can be recognized by."""
    return Original(
        message.id,
        message.channel_id,
        message.author_id,
        message.text,
        tuple(file.name for file in message.attachments),
        message.reference_id,
        message.written_at,
    )


def rank_originals(proxy: Message, among: Iterable[Original]) -> list[tuple[Original, float]]:
    """The messages that ``proxy`` may replace, with scores.

    The best comes first; of several that fit equally well, the earliest.
    """
    found: list[tuple[Original, float]] = []
    for original in sorted(among, key=lambda one: one.id):
        delay = proxy.written_at - original.written_at
        if original.channel_id != proxy.channel_id or original.id >= proxy.id or delay > MAX_DELAY:
            continue
        score = _compare(proxy, original)
        if score > 0:
            found.append((original, score))
    return sorted(found, key=lambda one: -one[1])


def _compare(proxy: Message, original: Original) -> float:
    """How well a message fits a proxy; 0: not at all."""
    reposted, said = " ".join(proxy.text.split()), " ".join(original.text.split())
    if not reposted:
        names = tuple(file.name for file in proxy.attachments)
        return 1.0 if names and names == original.files else 0.0
    left_out = len(said) - len(reposted)
    if reposted in said and left_out <= _MAX_MARK:
        return 1000.0 - left_out
    from rapidfuzz import fuzz  # takes 3 MB, and is rarely needed

    similarity = fuzz.ratio(reposted, said)
    return similarity if similarity >= _MIN_SIMILARITY else 0.0
