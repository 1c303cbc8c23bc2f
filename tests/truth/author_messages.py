"""The daily direct messages to authors at the end of a play.

One author takes them, another one refuses them, as Discord lets everybody do.
"""

from __future__ import annotations

import itertools
from datetime import timedelta

from bot.emulator.world.models import Message, User
from tests.support.running_bot import component_texts
from tests.truth.random_play import RandomPlay

__all__ = ["find_wrong_messages"]

_HOUR, _DAY = 3600, 86_400
_ON, _REFUSED = "You get a direct message", "doesn't let me send you direct messages"


async def find_wrong_messages(play: RandomPlay) -> list[str]:
    """What is wrong with the messages after new questions, and on days without any."""
    takes, refuses = play.authors
    for author in play.authors:
        await play.join_again(author)
    refuses.refuses_messages = True
    for author in play.authors:
        if _ON not in await _get_state(play, author):
            await _switch(play, author)
    await play.control("clock", {"advance": _DAY + _HOUR})
    before = {author.id: len(_get_messages(play, author)) for author in play.authors}
    for _ in range(2):
        await _ask(play)
    wrong = []
    for days, count in ((1, 1), (2, 1)):
        await play.control("clock", {"advance": days * _DAY + _HOUR})
        found = len(_get_messages(play, takes)) - before[takes.id]
        if found != count:
            wrong.append(f"an author got {found} messages about two questions of one day")
    if _REFUSED not in await _get_state(play, refuses):
        wrong.append("an author who refuses messages isn't told that they are off")
    refuses.refuses_messages = False
    await _ask(play)
    await play.control("clock", {"advance": _DAY + _HOUR})
    if _get_messages(play, refuses):
        wrong.append("an author got a message after they were switched off")
    await _switch(play, takes)
    after = len(_get_messages(play, takes))
    await _ask(play)
    await play.control("clock", {"advance": _DAY + _HOUR})
    if len(_get_messages(play, takes)) != after:
        wrong.append("an author who switched the messages off got one")
    return wrong + _find_too_many(play, takes)


def _find_too_many(play: RandomPlay, author: User) -> list[str]:
    """Messages that came less than a day after the one before."""
    times = [one.timestamp for one in _get_messages(play, author)]
    day = timedelta(days=1)
    return [f"messages at {a} and {b}" for a, b in itertools.pairwise(times) if b - a < day]


async def _ask(play: RandomPlay) -> None:
    assert await play.do("ask author")
    assert play.answers[-1].is_certain


async def _get_state(play: RandomPlay, author: User) -> str:
    shown = await play.list_questions(author)
    assert shown is not None
    return component_texts(shown.components)


async def _switch(play: RandomPlay, author: User) -> None:
    shown = await play.list_questions(author)
    assert shown is not None
    await play.switch_messages(author, shown)


def _get_messages(play: RandomPlay, author: User) -> list[Message]:
    """What the bot wrote to an author, oldest first."""
    world = play.emulator.world
    found = [
        one
        for one in world.messages.values()
        if one.guild_id is None and author.id in world.channels[one.channel_id].recipients
    ]
    return sorted(found, key=lambda one: one.id)
