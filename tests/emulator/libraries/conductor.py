"""Plays Ann opposite a bot written with any client library, step by step, and checks the world.

The bot registers its commands (``greet``, and the message command ``Quote``), writes "ready" in
the channel, and then does what Ann's messages say ("!messages", "!thread", …), each time ending
with a message "done …". See ``scripts/`` for what each step does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from bot.emulator.world.events import AutocompleteAnswered, Event, ModalShown
from bot.emulator.world.models import Channel, Interaction, Message
from tests.emulator.gateway_client import control
from tests.emulator.http_clients import SeededServer

__all__ = ["STEPS", "Conductor"]

_T = TypeVar("_T")
_PATIENCE = 25.0


class Conductor:
    """One play; ``until`` waits for the world to be as a step expects."""

    def __init__(self, server: SeededServer, lacks: frozenset[str] = frozenset()) -> None:
        self.server = server
        self.lacks = lacks
        self.world = server.emulator.world
        self.choices: list[list[dict[str, Any]]] = []
        self.modals: list[Interaction] = []
        self._changed = asyncio.Event()
        self.world.on_change.append(self._changed.set)
        self.world.listeners.append(self._listen)

    def _listen(self, event: Event) -> None:
        if isinstance(event, AutocompleteAnswered):
            self.choices.append(event.choices)
        elif isinstance(event, ModalShown):
            self.modals.append(event.interaction)

    async def until(self, find: Callable[[], _T | None]) -> _T:
        """What ``find`` finds, as soon as it finds something."""
        async with asyncio.timeout(_PATIENCE):
            while not (found := find()):
                self._changed.clear()
                await self._changed.wait()
            return found

    def message(self, content: str, *, place: int | None = None) -> Message | None:
        """The newest message of the bot's, or of a webhook, with this content."""
        for one in reversed(self.world.messages.values()):
            where = place is None or one.channel_id == place
            if one.content == content and not one.deleted and where:
                return one
        return None

    async def said(self, content: str) -> Message:
        """Wait for a message."""
        return await self.until(lambda: self.message(content))

    async def ask(self, what: str) -> Message:
        """Ann writes what the bot is to do, and waits until it is done; her message."""
        sent = await self.server.ann.post_message(self.server.essays, f"!{what}")
        await self.said(f"done {what}")
        return self.world.messages[int(sent["id"])]

    async def interact(
        self, kind: int, data: dict[str, Any], *, files: dict[str, bytes] | None = None, **more: Any
    ) -> Interaction:
        """Ann uses a command, component or modal; the interaction."""
        body = {
            "type": kind,
            "application_id": str(self.server.application_id),
            "guild_id": str(self.server.guild_id),
            "channel_id": str(self.server.essays),
            "session_id": "s",
            "data": data,
            **more,
        }
        reply = await self.server.ann.call("POST", "/interactions", body, files)
        assert reply.status == 204, reply
        return next(reversed(self.world.interactions.values()))

    async def responses(self, interaction: Interaction, *contents: str) -> list[Message]:
        """Wait until the responses have these contents."""

        def found() -> list[Message] | None:
            made = [self.world.messages[one] for one in interaction.messages]
            return made if [one.content for one in made] == list(contents) else None

        return await self.until(found)


async def log_in(play: Conductor) -> None:
    """The bot logs in, registers its commands and writes in the channel."""
    ready = await play.said("ready")
    assert ready.author_id == play.world.bot.id
    names = sorted(command.name for command in play.world.commands.values())
    assert names == ["Quote", "greet"]


async def messages(play: Conductor) -> None:
    """A reply with an embed and a file is sent, edited and pinned; a reaction; the history."""
    asked = await play.ask("messages")
    reply = await play.said("second")
    assert (reply.reply_to, reply.type) == (asked.id, 19)
    assert reply.edited_timestamp is not None
    assert reply.pinned
    assert reply.embeds[0]["title"] == "Card"
    assert reply.attachments[0].filename == "notes.txt"
    assert play.world.files.get(reply.attachments[0].id) == b"words"
    assert [(one.emoji_name, one.users) for one in asked.reactions] == [("👍", [play.world.bot.id])]
    assert await play.said("history 3 ready")
    gone = [one for one in play.world.messages.values() if one.content == "gone"]
    assert [one.deleted for one in gone] == [True]


async def threads(play: Conductor) -> None:
    """A thread is started from a message, written in, joined by Ann, and archived."""
    asked = await play.ask("thread")
    thread = play.world.channels[asked.id]
    assert thread.name == "Talk"
    assert thread.thread is not None
    assert thread.thread.archived
    assert thread.thread.locked
    assert play.server.ann.user.id in thread.thread.members
    assert play.message("inside", place=thread.id)


async def forum(play: Conductor) -> None:
    """A forum post is started with a tag."""
    place = play.world.channels[play.server.forum]
    tag = {"id": "77", "name": "news", "moderated": False, "emoji_id": None, "emoji_name": None}
    place.available_tags = [tag]
    await play.ask("forum")
    starter = await play.said("starter")
    post: Channel = play.world.channels[starter.id]
    assert (post.name, post.parent_id) == ("Post", place.id)
    assert post.thread is not None
    assert post.thread.applied_tags == [77]


async def commands(play: Conductor) -> None:
    """A slash command with autocomplete and a file; a message command."""
    greet, quote = sorted(play.world.commands.values(), key=lambda one: one.type)
    known = {"id": str(greet.id), "name": "greet", "type": 1, "version": str(greet.version)}
    typed = [{"type": 3, "name": "name", "value": "A", "focused": True}]
    await play.interact(4, {**known, "options": typed})
    choices = await play.until(lambda: play.choices)
    assert [(one["name"], one["value"]) for one in choices[-1]] == [("Ada", "Ada"), ("Ann", "Ann")]
    given = [
        {"type": 3, "name": "name", "value": "Ada"},
        {"type": 11, "name": "file", "value": "0"},
    ]
    ran = await play.interact(2, {**known, "options": given}, files={"a.txt": b"words"})
    first, second = await play.responses(ran, "Hello Ada, a.txt has 5 bytes", "And goodbye")
    assert (first.ephemeral_to, second.ephemeral_to) == (play.server.ann.user.id, None)
    target = await play.server.ann.post_message(play.server.essays, "fine words")
    body = {"id": str(quote.id), "name": "Quote", "type": 3, "target_id": target["id"]}
    ran = await play.interact(2, body)
    await play.responses(ran, "> fine words")


async def components(play: Conductor) -> None:
    """A button, a string select and a user select."""
    await play.ask("panel")
    panel = await play.said("panel")
    on = str(panel.id)
    ran = await play.interact(
        3, {"component_type": 3, "custom_id": "choose", "values": ["one"]}, message_id=on
    )
    answer = (await play.responses(ran, "chose one"))[0]
    assert answer.ephemeral_to == play.server.ann.user.id
    ben = str(play.server.ben.user.id)
    ran = await play.interact(
        3, {"component_type": 5, "custom_id": "who", "values": [ben]}, message_id=on
    )
    await play.responses(ran, "who Ben")
    await play.interact(3, {"component_type": 2, "custom_id": "press"}, message_id=on)
    assert (await play.said("pressed")).id == panel.id


async def modal(play: Conductor) -> None:
    """A button opens a modal with a text input and a file upload, which Ann submits."""
    await play.ask("form")
    panel = await play.said("form here")
    pressed = {"component_type": 2, "custom_id": "form"}
    await play.interact(3, pressed, message_id=str(panel.id))
    shown = (await play.until(lambda: play.modals))[-1].modal
    assert shown is not None
    values: dict[str, dict[str, Any]] = {
        "words": {"type": 4, "custom_id": "words", "value": "kind"},
        "files": {"type": 19, "custom_id": "files", "values": ["0"]},
    }
    if "files in modals" in play.lacks:
        rows = [{"type": 1, "components": [values["words"]]}]
        data = {"custom_id": shown["custom_id"], "components": rows}
        await play.responses(await play.interact(5, data), "kind")
        return
    labels = [
        {"type": 18, "component": values[one["component"]["custom_id"]]}
        for one in shown["components"]
    ]
    data = {"custom_id": shown["custom_id"], "components": labels}
    ran = await play.interact(5, data, files={"a.txt": b"words"})
    await play.responses(ran, "kind, a.txt has 5 bytes")


async def webhooks(play: Conductor) -> None:
    """A webhook is created, used, its message edited, and deleted."""
    await play.ask("webhook")
    copied = await play.said("copied again")
    assert (copied.shown_name, copied.edited_timestamp is not None) == ("Somebody else", True)
    assert not play.world.webhooks


async def too_many_requests(play: Conductor) -> None:
    """A 429 is waited out."""
    fault = {
        "kind": "http",
        "method": "POST",
        "path": "/channels/*/messages",
        "status": 429,
        "times": 1,
    }
    status, _ = await control(play.server.emulator, "POST", "/faults", fault)
    assert status == 200
    await play.ask("once")
    _, left = await control(play.server.emulator, "GET", "/faults")
    assert left == {"waiting": 0}


async def resume(play: Conductor) -> None:
    """After a lost connection the session is resumed, and what was missed is replayed."""
    dispatcher = play.server.emulator.dispatcher
    session = await dispatcher.wait_for_bot()
    await control(play.server.emulator, "POST", "/faults", {"kind": "gateway_close", "code": 4000})
    await play.ask("again")
    assert (await dispatcher.wait_for_bot()).id == session.id


STEPS = (
    log_in,
    messages,
    threads,
    forum,
    commands,
    components,
    modal,
    webhooks,
    too_many_requests,
    resume,
)
