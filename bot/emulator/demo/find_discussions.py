"""Finding the bot's discussions in a channel, by the messages that anyone can see.

Nothing here asks the bot.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any

import regex

from bot.emulator.world.models import Channel, ChannelType, Interaction, Message, MessageType
from bot.emulator.world.world import World

__all__ = [
    "SeenDiscussion",
    "find_answered",
    "find_buttons",
    "find_discussions",
    "find_missing_words",
    "read_words",
]

_COMPONENTS_V2 = 1 << 15
"""docs: Message Resource › Message Flags (IS_COMPONENTS_V2)."""
_LATER = timedelta(hours=6)
"""What the bot posts this long after the card is a prompt, not a part of the essay."""


@dataclass(frozen=True, slots=True)
class SeenDiscussion:
    """A discussion: its card, its posts (the parts, last the closing question), its prompts.

    ``thread_id``: the thread or forum post that all of it is in, except perhaps the card; None if
    it is in the channel and each reply gets its own thread.
    """

    card: Message
    posts: tuple[Message, ...]
    prompts: tuple[Message, ...]
    thread_id: int | None = None

    @property
    def closing(self) -> Message:
        """The message that a comment on the whole essay replies to."""
        return self.posts[-1] if self.posts else self.card


def find_discussions(world: World, channel_id: int) -> Iterator[SeenDiscussion]:
    """The discussions in a channel, the oldest first: each starts with a card of components.

    If the bot opened a thread on the card, or started a forum post, the rest is inside.
    """
    if world.channels[channel_id].type is ChannelType.FORUM:
        for post in sorted(world.channels.values(), key=lambda channel: channel.id):
            if post.parent_id == channel_id and _is_bot_thread(world, post):
                found = list(_bot_messages(world, post.id))
                if found:
                    yield _to_discussion(found[0], found[1:], post.id)
        return
    found = list(_bot_messages(world, channel_id))
    starts = [index for index, message in enumerate(found) if message.flags & _COMPONENTS_V2]
    for start, end in itertools.pairwise([*starts, len(found)]):
        card, *rest = found[start:end]
        thread = world.channels.get(card.id)
        if thread is not None and _is_bot_thread(world, thread):
            yield _to_discussion(card, list(_bot_messages(world, thread.id)), thread.id)
        else:
            yield _to_discussion(card, rest, None)


def _is_bot_thread(world: World, channel: Channel) -> bool:
    return channel.thread is not None and channel.thread.owner_id == world.application.bot_id


def _bot_messages(world: World, channel_id: int) -> Iterator[Message]:
    """The bot's own messages in a channel or thread, without system messages."""
    for ident in world.timelines.get(channel_id, ()):
        message = world.messages[ident]
        own = message.author_id == world.application.bot_id and message.webhook_id is None
        if own and message.type in (MessageType.DEFAULT, MessageType.REPLY):
            yield message


def _to_discussion(card: Message, rest: list[Message], thread_id: int | None) -> SeenDiscussion:
    late = card.timestamp + _LATER
    return SeenDiscussion(
        card,
        tuple(message for message in rest if message.timestamp < late),
        tuple(message for message in rest if message.timestamp >= late),
        thread_id,
    )


_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]"
    r"|[\p{L}\p{N}\p{M}]+"
)
_UNSEEN = re.compile(
    r"\A---\n.*?\n---\n|<!--.*?-->|<(?:script|style)\b.*?</(?:script|style)>"
    r"|</?[a-z][a-z0-9-]*(?:\s[^<>]*)?/?>"
    r"|\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]: .*?$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_TEXT = frozenset({"", ".txt", ".text", ".md", ".markdown"})


def read_words(name: str, data: bytes) -> list[str] | None:
    """The words of an essay's file; None for formats that aren't plain text (HTML, .docx)."""
    if PurePath(name).suffix.lower() not in _TEXT:
        return None
    try:
        return _words(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        return None


def find_missing_words(words: list[str], discussion: SeenDiscussion) -> list[str]:
    """The longest run of an essay's words that is missing from its discussion.

    A comparison this simple always misses some words: link targets, marks, what moved to the
    card. A missing passage is a long run of words most of which occur less often than in the
    essay; in a table rendered row by row they occur as often.
    """
    shown = _words("\n".join(message.content for message in discussion.posts))
    carded = _words("\n".join(_texts(discussion.card.components)))
    triples = {*_triples(shown), *_triples(carded)}
    missing = Counter(words) - Counter(shown) - Counter(carded)
    best: list[str] = []
    start = 0
    for index, triple in enumerate([*_triples(words), None]):
        if triple is not None and triple not in triples:
            continue
        run = words[start:index]
        if len(run) > len(best) and 2 * sum(word in missing for word in run) >= len(run):
            best = run
        start = index + 1
    return best


def find_answered(text: str, discussion: SeenDiscussion) -> Message:
    """The message a comment replies to: the one its first line quotes, else the closing one."""
    first = text.lstrip().split("\n", 1)[0]
    if first.startswith("> "):
        quoted = " ".join(_words(first))
        for message in discussion.posts:
            if quoted and f" {quoted} " in f" {' '.join(_words(message.content))} ":
                return message
    return discussion.closing


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", _UNSEEN.sub(" ", text)).casefold())


def _triples(words: list[str]) -> Iterator[tuple[str, str, str]]:
    return zip(words, words[1:], words[2:], strict=False)


def _texts(components: Iterable[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        if isinstance(content := component.get("content"), str):
            yield content
        yield from _texts(component.get("components", ()))


def find_buttons(
    world: World, interaction: Interaction, label: str
) -> Iterator[tuple[Message, str]]:
    """The buttons with this label in an interaction's responses: the message, the custom id."""
    for ident in interaction.messages:
        message = world.messages.get(ident)
        if message is None:
            continue
        waiting = list(message.components)
        while waiting:
            component = waiting.pop()
            if component.get("label") == label and "custom_id" in component:
                yield message, component["custom_id"]
            waiting += component.get("components", [])
