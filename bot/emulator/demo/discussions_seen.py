"""What stands in a channel: the discussion that the bot has put there, as anyone can see it.

Nothing here is learned from the bot: only messages are looked at.
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

__all__ = ["Standing", "answered_by", "buttons", "discussions", "essay_words", "lost_run"]

_COMPONENTS_V2 = 1 << 15
"""docs: Message Resource › Message Flags (IS_COMPONENTS_V2)."""
_LATER = timedelta(hours=6)
"""What the bot says this long after the card no longer belongs to the publishing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A discussion: its card, its posts (the parts, last what asks for answers), its prompts.

    ``thread_id``: the thread or forum post that holds all of it but perhaps the card; None where
    it stands in the channel and each answer gets a thread of its own.
    """

    card: Message
    posts: tuple[Message, ...]
    prompts: tuple[Message, ...]
    thread_id: int | None = None

    @property
    def closing(self) -> Message:
        """The message that a comment on the whole essay answers."""
        return self.posts[-1] if self.posts else self.card


def discussions(world: World, channel_id: int) -> Iterator[Standing]:
    """The discussions in a channel, the oldest first: each begins with a card of components.

    A card on which the bot opened a thread, and a post that it started in a forum, have the rest
    inside.
    """
    if world.channels[channel_id].type is ChannelType.FORUM:
        for post in sorted(world.channels.values(), key=lambda channel: channel.id):
            if post.parent_id == channel_id and _is_bots(world, post):
                said = list(_said(world, post.id))
                if said:
                    yield _standing(said[0], said[1:], post.id)
        return
    said = list(_said(world, channel_id))
    starts = [index for index, message in enumerate(said) if message.flags & _COMPONENTS_V2]
    for start, end in itertools.pairwise([*starts, len(said)]):
        card, *rest = said[start:end]
        thread = world.channels.get(card.id)
        if thread is not None and _is_bots(world, thread):
            yield _standing(card, list(_said(world, thread.id)), thread.id)
        else:
            yield _standing(card, rest, None)


def _is_bots(world: World, channel: Channel) -> bool:
    return channel.thread is not None and channel.thread.owner_id == world.application.bot_id


def _said(world: World, channel_id: int) -> Iterator[Message]:
    """What the bot itself wrote in a channel or thread, system messages left out."""
    for ident in world.timelines.get(channel_id, ()):
        message = world.messages[ident]
        own = message.author_id == world.application.bot_id and message.webhook_id is None
        if own and message.type in (MessageType.DEFAULT, MessageType.REPLY):
            yield message


def _standing(card: Message, rest: list[Message], thread_id: int | None) -> Standing:
    late = card.timestamp + _LATER
    return Standing(
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


def essay_words(name: str, data: bytes) -> list[str] | None:
    """The words of an essay's file, or None where the file is not simply read (HTML, .docx)."""
    if PurePath(name).suffix.lower() not in _TEXT:
        return None
    try:
        return _words(data.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        return None


def lost_run(words: list[str], standing: Standing) -> list[str]:
    """The longest run of an essay's words that cannot be read in its discussion.

    Some words are lost to anyone who looks so simply: link targets, marks, what moved to the
    card. A passage or a part that is missing shows as a long run, most of whose words are said
    less often than in the essay; in a table that is told row by row they are not.
    """
    shown = _words("\n".join(message.content for message in standing.posts))
    carded = _words("\n".join(_texts(standing.card.components)))
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


def answered_by(text: str, standing: Standing) -> Message:
    """The message that a comment answers: what it quotes in its first line, else the closing."""
    first = text.lstrip().split("\n", 1)[0]
    if first.startswith("> "):
        quoted = " ".join(_words(first))
        for message in standing.posts:
            if quoted and f" {quoted} " in f" {' '.join(_words(message.content))} ":
                return message
    return standing.closing


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFC", _UNSEEN.sub(" ", text)).casefold())


def _triples(words: list[str]) -> Iterator[tuple[str, str, str]]:
    return zip(words, words[1:], words[2:], strict=False)


def _texts(components: Iterable[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        if isinstance(content := component.get("content"), str):
            yield content
        yield from _texts(component.get("components", ()))


def buttons(world: World, interaction: Interaction, label: str) -> Iterator[tuple[Message, str]]:
    """The buttons of this label below an interaction's answers: the message, the custom id."""
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
