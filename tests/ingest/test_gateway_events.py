"""Raw gateway events are recorded as discord.py's objects were, and in the order of arrival."""

from __future__ import annotations

import copy
import hashlib
import inspect
import textwrap
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.state import ConnectionState

from bot.app.client import Salon
from bot.clock import Clock
from bot.core.conversation.events import (
    Attachment,
    ChannelDeletion,
    Deletion,
    Edit,
    Event,
    Message,
    Reaction,
    ReactionsCleared,
    ThreadSeen,
)
from bot.core.conversation.forwards_polls_stickers import Extras, Forward, Poll, PollAnswer
from bot.discord_api import parse
from bot.ingest.gateway_events import GatewayEvents, Parser
from tests.bench import frames
from tests.support.archives import open_archive

SERVER, CHANNEL, BOT = frames.GUILD_ID, frames.CHANNEL_ID, frames.BOT_ID
THREAD = frames.THREADS[0]
OTHER_CHANNEL, OTHER_THREAD, UNKNOWN_THREAD = SERVER + 5000, SERVER + 5001, SERVER + 5002
POLL: dict[str, Any] = {
    "question": {"text": "Rye or wheat?"},
    "answers": [
        {"answer_id": 1, "poll_media": {"text": "Rye"}},
        {"answer_id": 2, "poll_media": {"text": "Wheat", "emoji": {"id": None, "name": "🌾"}}},
        {"answer_id": 3, "poll_media": {"text": "Both", "emoji": {"id": "77", "name": "loaf"}}},
    ],
    "expiry": "2026-01-06T12:00:00+00:00",
    "allow_multiselect": False,
    "layout_type": 1,
}
COUNTS = [{"id": 1, "count": 3, "me_voted": False}, {"id": 3, "count": 1, "me_voted": True}]
FILE = {
    "id": "9001",
    "filename": "loaf.png",
    "size": 12,
    "url": "https://cdn.discordapp.com/loaf.png",
    "proxy_url": "https://media.discordapp.net/loaf.png",
    "content_type": "image/png",
}
SNAPSHOT: dict[str, Any] = {
    "type": 0,
    "content": "It was said elsewhere.",
    "timestamp": "2026-01-05T12:00:00+00:00",
    "edited_timestamp": None,
    "mentions": [],
    "mention_roles": [],
    "attachments": [{**FILE, "id": "9002"}],
    "embeds": [],
    "flags": 0,
    "sticker_items": [{"id": "31", "name": "wave", "format_type": 1}],
    "components": [],
}
REFERENCE = {
    "type": 0,
    "message_id": str(frames.CLOSING_ID),
    "channel_id": str(CHANNEL),
    "guild_id": str(SERVER),
}
TEXT_DISPLAY = {"type": 10, "id": 1, "content": "Shown by an app."}
LINK = f"https://discord.com/channels/{SERVER}/{CHANNEL}/{frames.CARD_ID}"
EMBED = {"type": "rich", "description": f"[Reply to]({LINK})"}

#: What MESSAGE_CREATE has beside what every message has, by what is special in it.
SPECIAL: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a nickname": {"member": {**frames.member(), "nick": "The Baker"}},
    "no display name": {"author": {**frames.user(5, "Ann"), "global_name": None}},
    "a nonce": {"nonce": "1234567890123456789"},
    "a number as its nonce": {"nonce": 77},
    "no nonce": {"nonce": None},
    "a reply": {"type": 19, "message_reference": REFERENCE, "referenced_message": None},
    "a file": {"attachments": [FILE], "content": ""},
    "a file of an unknown type": {
        "attachments": [{k: v for k, v in FILE.items() if k != "content_type"}]
    },
    "withheld content": {"content": ""},
    "no content, in a system message": {"content": "", "type": 7},
    "a type that nobody knows": {"type": 250},
    "a bot": {"author": {**frames.user(6, "Helper"), "bot": True}},
    "itself": {"author": frames.me(), "nonce": "salon-1"},
    "a webhook": {
        "webhook_id": "41",
        "application_id": "42",
        "author": {**frames.user(41, "Ann"), "bot": True, "global_name": None},
        "embeds": [EMBED],
    },
    "a webhook of nobody's app": {"webhook_id": "41", "author": frames.user(41, "Ann")},
    "a forward": {
        "content": "",
        "message_reference": {**REFERENCE, "type": 1},
        "message_snapshots": [{"message": SNAPSHOT}],
    },
    "a forward of an embed": {
        "content": "",
        "message_reference": {**REFERENCE, "type": 1},
        "message_snapshots": [
            {
                "message": {
                    **SNAPSHOT,
                    "content": "",
                    "embeds": [{"type": "rich", "title": "Bread", "description": "Slow."}],
                    "sticker_items": [],
                }
            }
        ],
    },
    "a forward whose content is withheld": {
        "content": "",
        "message_reference": {**REFERENCE, "type": 1},
    },
    "a poll": {"content": "", "poll": POLL},
    "an ended poll": {
        "content": "",
        "poll": {**POLL, "results": {"is_finalized": True, "answer_counts": COUNTS}},
    },
    "a poll that is voted on": {
        "content": "",
        "poll": {**POLL, "results": {"is_finalized": False, "answer_counts": COUNTS}},
    },
    "a sticker": {"content": "", "sticker_items": [{"id": "31", "name": "wave", "format_type": 1}]},
    "components": {"content": "", "flags": 1 << 15, "components": [TEXT_DISPLAY]},
    "a voice message": {"flags": 1 << 13, "attachments": [FILE]},
    "a link in an embed": {"embeds": [EMBED]},
    "a message in a channel": {"channel_id": str(CHANNEL)},
}


def make_message(special: str = "nothing", **more: Any) -> dict[str, Any]:
    """The data of MESSAGE_CREATE."""
    return copy.deepcopy({**frames.Talk(1, 0).messages[0], **SPECIAL[special], **more})


# -- what discord.py makes of a message, which was recorded before ---------------------------------


def read_object(message: discord.Message, written_at: Any) -> Message:
    """A new message as discord.py hands it over to a handler."""
    assert message.guild is not None
    author, reference = message.author, message.reference
    forwarded = reference is not None and reference.type is discord.MessageReferenceType.forward
    shown = message.message_snapshots or message.stickers or message.poll or message.components
    empty = not (message.content or message.attachments or message.embeds or shown)
    files = list(message.attachments)
    for snapshot in message.message_snapshots:
        files += snapshot.attachments
    return Message(
        id=message.id,
        server_id=message.guild.id,
        channel_id=message.channel.id,
        author_id=author.id,
        author_name=author.display_name,
        from_bot=author.bot or message.webhook_id is not None,
        type=message.type.value,
        text=message.content,
        reference_id=None if reference is None or forwarded else reference.message_id,
        written_at=written_at,
        edited_at=message.edited_at,
        attachments=tuple(
            Attachment(file.filename, file.content_type, file.size, file.id, file.url)
            for file in files
        ),
        own=author.id == BOT,
        nonce=None if message.nonce is None else str(message.nonce),
        content_missing=empty and message.type.value in (0, 19),
        copyable=not (forwarded or shown or message.flags.voice),
        extras=_read_extras(message),
        webhook_app_id=None if message.webhook_id is None else message.application_id,
        linked_id=frames.CARD_ID if message.embeds else None,
    )


def _read_extras(message: discord.Message) -> Extras:
    forward = None
    for snapshot in message.message_snapshots:
        lines = [text for one in snapshot.embeds for text in (one.title, one.description) if text]
        stickers = tuple(sticker.name for sticker in snapshot.stickers)
        assert message.reference is not None
        said = snapshot.content or "\n".join(lines)
        forward = Forward(message.reference.message_id, said, stickers)
    poll = None
    if message.poll is not None:
        ended = message.poll.is_finalised()
        answers = tuple(
            PollAnswer(
                answer.text or "",
                _name_emoji(answer.emoji),
                answer.vote_count if ended else None,
            )
            for answer in message.poll.answers
        )
        poll = Poll(message.poll.question, answers, ended)
    return Extras(forward, poll, tuple(sticker.name for sticker in message.stickers))


def _name_emoji(emoji: discord.Emoji | discord.PartialEmoji | None) -> str:
    if emoji is None:
        return ""
    return emoji.name if emoji.id is None else f"{emoji.name}:{emoji.id}"


# -- a client without a connection -----------------------------------------------------------------


class Client:
    """A client that knows one server, and what its recorder was given."""

    def __init__(self, salon: Salon) -> None:
        self.salon = salon
        self.state = salon._connection
        self.events: list[Event] = []
        recorder, put = salon.services.recorder, salon.services.recorder.put

        def put_and_note(events: Iterable[Event]) -> int:
            noted = list(events)
            self.events += noted
            return put(noted)

        recorder.put = put_and_note  # type: ignore[method-assign]
        recorder.posted_channels.add(CHANNEL)
        server = frames.guild()
        server["channels"].append({**server["channels"][0], "id": str(OTHER_CHANNEL)})
        thread = {**server["threads"][0], "id": str(OTHER_THREAD), "parent_id": str(OTHER_CHANNEL)}
        server["threads"].append(thread)
        self.state._add_guild_from_data(server)  # type: ignore[arg-type]
        salon.own_id = BOT

    def receive(self, name: str, data: dict[str, Any]) -> None:
        """Receive an event from the gateway."""
        self.state.parsers[name](data)


@asynccontextmanager
async def open_client(folder: Path) -> AsyncIterator[Client]:
    async with open_archive(folder / "salon.sqlite3") as database:
        salon = Salon(database, Clock())
        try:
            yield Client(salon)
        finally:
            await salon.close()


def in_server(**data: Any) -> dict[str, Any]:
    """An event's data in the server."""
    return {"guild_id": str(SERVER), **data}


# -- what is recorded ------------------------------------------------------------------------------


@pytest.mark.parametrize("special", list(SPECIAL))
async def test_a_message_is_recorded_as_the_librarys_object_says(
    special: str, tmp_path: Path
) -> None:
    async with open_client(tmp_path) as client:
        data = make_message(special)
        client.receive("MESSAGE_CREATE", make_message(special))
        channel, _ = client.state._get_guild_channel(data)  # type: ignore[arg-type]
        message = discord.Message(state=client.state, channel=channel, data=data)  # type: ignore[arg-type]
        (recorded,) = client.events
        assert isinstance(recorded, Message)
        assert recorded == read_object(message, recorded.written_at)


async def test_events_are_recorded_in_their_order_before_any_handler_runs(tmp_path: Path) -> None:
    emoji = {"id": None, "name": "🍞"}
    async with open_client(tmp_path) as client:
        message = make_message(id="51", channel_id=str(CHANNEL))
        where = in_server(channel_id=str(CHANNEL), message_id="51")
        opened = {**frames.guild()["threads"][0], "id": "51", "newly_created": True}
        edited = {**message, "content": "Changed.", "edited_timestamp": message["timestamp"]}
        client.receive("MESSAGE_CREATE", message)
        client.receive("THREAD_CREATE", opened)
        client.receive("MESSAGE_UPDATE", edited)
        client.receive("MESSAGE_REACTION_ADD", {**where, "user_id": "3", "emoji": emoji})
        client.receive("MESSAGE_REACTION_REMOVE", {**where, "user_id": "3", "emoji": emoji})
        client.receive("MESSAGE_REACTION_REMOVE_EMOJI", {**where, "emoji": emoji})
        client.receive("MESSAGE_REACTION_REMOVE_ALL", dict(where))
        client.receive("MESSAGE_DELETE", in_server(id="51", channel_id=str(CHANNEL)))
        client.receive("MESSAGE_DELETE_BULK", in_server(ids=["53", "52"], channel_id=str(CHANNEL)))
        client.receive("THREAD_DELETE", in_server(id="51", parent_id=str(CHANNEL), type=11))
        client.receive("CHANNEL_DELETE", in_server(**frames.guild()["channels"][0]))
        now = Clock().now()
    said = parse.parse_message(message, server_id=SERVER, own_id=BOT, live=True)
    place = 51, CHANNEL, SERVER
    assert [_without_time(one, now) for one in client.events] == [
        said,
        ThreadSeen(51, SERVER, CHANNEL, BOT, "A thread", is_new=True),
        Edit(51, CHANNEL, "Changed.", said.written_at, ()),
        Reaction(*place, "🍞", 1),
        Reaction(*place, "🍞", -1),
        ReactionsCleared(*place, "🍞"),
        ReactionsCleared(*place, None),
        Deletion((51,), CHANNEL, now),
        Deletion((52, 53), CHANNEL, now),
        ChannelDeletion(51, SERVER, now),
        ChannelDeletion(CHANNEL, SERVER, now),
    ]


def _without_time(event: Event, now: Any) -> Event:
    if isinstance(event, Deletion):
        return Deletion(event.message_ids, event.channel_id, now)
    if isinstance(event, ChannelDeletion):
        return ChannelDeletion(event.channel_id, event.server_id, now)
    return event


async def test_the_librarys_own_state_follows_threads_and_channels(tmp_path: Path) -> None:
    async with open_client(tmp_path) as client:
        server = client.salon.get_guild(SERVER)
        assert server is not None
        opened = {**frames.guild()["threads"][0], "id": "51", "newly_created": True}
        client.receive("THREAD_CREATE", opened)
        assert server.get_thread(51) is not None
        client.receive("THREAD_DELETE", in_server(id="51", parent_id=str(CHANNEL), type=11))
        assert server.get_thread(51) is None
        client.receive("CHANNEL_DELETE", in_server(**frames.guild()["channels"][0]))
        assert server.get_channel(CHANNEL) is None


async def test_only_the_first_report_of_a_new_thread_counts(tmp_path: Path) -> None:
    """A repeat would make its record complete although nothing of it may have been read."""
    async with open_client(tmp_path) as client:
        opened = {**frames.guild()["threads"][0], "id": "51", "newly_created": True}
        client.receive("THREAD_CREATE", dict(opened))
        client.receive("THREAD_CREATE", dict(opened))
        joined = {key: value for key, value in opened.items() if key != "newly_created"}
        client.receive("THREAD_CREATE", {**joined, "id": "52"})
    assert [type(one) for one in client.events] == [ThreadSeen]


async def test_a_new_session_begins_before_the_library_knows_of_it(tmp_path: Path) -> None:
    """A message that arrives right behind READY must not make up for what was missed before."""
    async with open_client(tmp_path) as client:
        recorder = client.salon.services.recorder
        generation = recorder.generation
        recorder.mark_complete(CHANNEL, generation)
        seen: list[int] = []
        parsers: dict[str, Parser] = {
            name: lambda data: seen.append(recorder.generation) for name in client.state.parsers
        }
        GatewayEvents(
            recorder=recorder,
            clock=Clock(),
            get_server=client.salon.get_guild,
            own_id=lambda: BOT,
            last_messages=client.salon.services.catch_up.last_messages,
        ).replace_parsers(parsers)
        parsers["READY"](frames.ready())
        assert seen == [generation + 1]
        assert recorder.complete_channels == frozenset()


async def test_an_edit_without_content_overwrites_nothing(tmp_path: Path) -> None:
    async with open_client(tmp_path) as client:
        client.receive("MESSAGE_UPDATE", make_message("withheld content"))
    assert client.events == []


# -- where nothing is recorded ---------------------------------------------------------------------


@pytest.mark.parametrize("channel_id", [OTHER_CHANNEL, OTHER_THREAD])
async def test_nothing_of_a_channel_without_a_discussion_is_queued(
    channel_id: int, tmp_path: Path
) -> None:
    emoji = {"id": None, "name": "🍞"}
    async with open_client(tmp_path) as client:
        message = make_message(channel_id=str(channel_id))
        where = in_server(channel_id=str(channel_id), message_id="51")
        client.receive("MESSAGE_CREATE", message)
        client.receive("MESSAGE_UPDATE", message)
        client.receive("MESSAGE_REACTION_ADD", {**where, "user_id": "3", "emoji": emoji})
        client.receive("MESSAGE_REACTION_REMOVE_ALL", dict(where))
        client.receive("MESSAGE_DELETE", in_server(id="51", channel_id=str(channel_id)))
        assert client.events == []
        client.salon.services.recorder.posted_channels.add(OTHER_CHANNEL)
        client.receive("MESSAGE_CREATE", message)
    assert len(client.events) == 1


async def test_a_message_in_a_thread_that_nobody_reported_is_queued(tmp_path: Path) -> None:
    """It may have been archived; whether it belongs to a discussion is known to the archive."""
    async with open_client(tmp_path) as client:
        client.receive("MESSAGE_CREATE", make_message(channel_id=str(UNKNOWN_THREAD)))
    assert len(client.events) == 1


async def test_a_message_of_the_bot_is_queued_wherever_it_is(tmp_path: Path) -> None:
    async with open_client(tmp_path) as client:
        client.receive("MESSAGE_CREATE", make_message("itself", channel_id=str(OTHER_CHANNEL)))
    assert len(client.events) == 1


async def test_a_direct_message_is_recorded_nowhere(tmp_path: Path) -> None:
    async with open_client(tmp_path) as client:
        data = make_message()
        del data["guild_id"], data["member"]
        client.receive("MESSAGE_CREATE", data)
        client.receive("MESSAGE_UPDATE", data)
    assert client.events == []


async def test_an_event_that_cannot_be_read_makes_its_channel_incomplete(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_client(tmp_path) as client:
        recorder = client.salon.services.recorder
        recorder.mark_complete(THREAD, recorder.generation)
        data = make_message(channel_id=str(THREAD))
        del data["author"]
        client.receive("MESSAGE_CREATE", data)
        client.receive("MESSAGE_DELETE", in_server(id="51"))  # not even a channel
        assert THREAD not in recorder.complete_channels
    assert client.events == []
    assert caplog.text.count("Unexpected error in the gateway event") == 2


# -- the library -----------------------------------------------------------------------------------

#: The parsers that are replaced, as they are in the version that the replacement was written for.
PARSERS = (
    "ready",
    "guild_create",
    "message_create",
    "message_update",
    "message_delete",
    "message_delete_bulk",
    "message_reaction_add",
    "message_reaction_remove",
    "message_reaction_remove_all",
    "message_reaction_remove_emoji",
    "thread_create",
    "thread_delete",
    "channel_delete",
)
SOURCE_HASH = "f42aad11b63c75dc"


def test_the_replaced_parsers_are_those_of_the_librarys_version() -> None:
    """If this fails after an update: compare the parsers' source with that of 2.7.1."""
    source = "".join(
        textwrap.dedent(inspect.getsource(getattr(ConnectionState, f"parse_{name}")))
        for name in PARSERS
    )
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == SOURCE_HASH
