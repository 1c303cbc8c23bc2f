"""Raw gateway events: recorded in order of arrival, before discord.py makes objects of them.

discord.py builds an object and starts a task for each event that somebody may handle, which costs
more than recording it. So its parsers of messages and reactions are replaced: what the recorder
needs is parsed from the payload itself, by the parser that also reads the history, and is queued
before the next event is looked at. Of events that also change discord.py's own state, such as a new
thread, its parser is called afterwards.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import discord

from bot.clock import Clock
from bot.core.conversation.events import (
    ChannelDeletion,
    Deletion,
    Reaction,
    ReactionsCleared,
    ThreadSeen,
)
from bot.discord_api import parse
from bot.ingest.last_messages import LastMessages
from bot.ingest.recorder import Recorder

__all__ = ["GatewayEvents", "Parser"]

_log = logging.getLogger(__name__)

#: What discord.py calls with the data of an event (discord.state.ConnectionState.parsers).
Parser = Callable[[Any], None]


class GatewayEvents:
    """Parses and queues what the gateway reports of messages, reactions and threads.

    get_server:     the library's object of a server, which knows its channels and active threads
    own_id:         the bot's own id, known once it is logged in
    last_messages:  notes the servers that the gateway describes
    """

    def __init__(
        self,
        *,
        recorder: Recorder,
        clock: Clock,
        get_server: Callable[[int], discord.Guild | None],
        own_id: Callable[[], int],
        last_messages: LastMessages,
    ) -> None:
        self._recorder = recorder
        self._last_messages = last_messages
        self._clock = clock
        self._get_server = get_server
        self._own_id = own_id

    def replace_parsers(self, parsers: dict[str, Parser]) -> None:
        """Put itself before or in the place of the library's parsers of these events.

        docs: Gateway Events › Receive Events.
        """

        def instead(name: str, read: Parser) -> None:
            parsers[name] = self._make_parser(name, read, after=None)

        def before(name: str, read: Parser) -> None:
            parsers[name] = self._make_parser(name, read, after=parsers[name])

        before("READY", self._read_ready)
        before("GUILD_CREATE", self._last_messages.note_server)
        instead("MESSAGE_CREATE", self._read_message)
        instead("MESSAGE_DELETE", self._read_deletion)
        instead("MESSAGE_DELETE_BULK", self._read_deletion)
        instead("MESSAGE_REACTION_ADD", self._read_added_reaction)
        instead("MESSAGE_REACTION_REMOVE", self._read_removed_reaction)
        instead("MESSAGE_REACTION_REMOVE_ALL", self._read_cleared_reactions)
        instead("MESSAGE_REACTION_REMOVE_EMOJI", self._read_cleared_reactions)
        before("THREAD_CREATE", self._read_thread)
        before("THREAD_DELETE", self._read_deleted_channel)
        before("CHANNEL_DELETE", self._read_deleted_channel)
        # Of the bot's own messages, the library looks for views, which their buttons belong to.
        update_views = parsers["MESSAGE_UPDATE"]

        def read_edit(data: Any) -> None:
            self._read_edit(data)
            if self._is_own(data):
                update_views(data)

        instead("MESSAGE_UPDATE", read_edit)

    def _make_parser(self, name: str, read: Parser, *, after: Parser | None) -> Parser:
        """A parser that survives a bug: an exception would end the connection."""

        def parse_event(data: Any) -> None:
            try:
                read(data)
            except Exception:  # noqa: BLE001 - the history is read instead
                _log.exception("Unexpected error in the gateway event %s.", name)
                self._mark_unread(data)
            if after is not None:
                after(data)

        return parse_event

    def _mark_unread(self, data: Mapping[str, Any]) -> None:
        """What the event reports is missing in the record, so that isn't complete."""
        try:
            self._recorder.mark_unread(int(data["channel_id"]))
        except (KeyError, TypeError, ValueError):
            return

    def _read_ready(self, data: Mapping[str, Any]) -> None:
        """A new session: from its first event on, events before it may have been missed.

        docs: Gateway Events › Ready: ``shard`` is sent only to a bot that identified with one.
        """
        shard_id, _ = data.get("shard") or (0, 1)
        self._recorder.start_generation(shard_id)

    # -- messages -------------------------------------------------------------------------------

    def _read_message(self, data: Mapping[str, Any]) -> None:
        server_id = data.get("guild_id")
        if server_id is None:  # a direct message
            return
        if self._may_be_recorded(data, server_id) or self._is_own(data):
            message = parse.parse_message(
                data, server_id=int(server_id), own_id=self._own_id(), live=True
            )
            self._recorder.put((message,))

    def _read_edit(self, data: Mapping[str, Any]) -> None:
        server_id = data.get("guild_id")
        if server_id is None or not self._may_be_recorded(data, server_id):
            return
        # Without permission to read its content, a message looks as if it had been emptied.
        if not parse.has_hidden_content(data):
            self._recorder.put((parse.parse_edit(data),))

    def _read_deletion(self, data: Mapping[str, Any]) -> None:
        """One message, or several at once."""
        server_id = data.get("guild_id")
        if server_id is not None and not self._may_be_recorded(data, server_id):
            return
        ids = data["ids"] if "ids" in data else (data["id"],)
        message_ids = tuple(sorted(int(one) for one in ids))
        deletion = Deletion(message_ids, int(data["channel_id"]), self._clock.now())
        self._recorder.put((deletion,))

    def _may_be_recorded(self, data: Mapping[str, Any], server_id: str) -> bool:
        """Whether a message in the event's channel may belong to a discussion.

        Of a channel that the library doesn't know, such as a thread that was archived until now,
        the archive is asked.
        """
        channel_id, posted = int(data["channel_id"]), self._recorder.posted_channels
        if channel_id in posted:
            return True
        server = self._get_server(int(server_id))
        if server is None or server.get_channel(channel_id) is not None:
            return server is None
        thread = server.get_thread(channel_id)
        if thread is not None and thread.parent_id in posted:
            posted.add(channel_id)  # so that the next message in it costs one lookup
        return thread is None or channel_id in posted

    def _is_own(self, data: Mapping[str, Any]) -> bool:
        return int(data["author"]["id"]) == self._own_id()

    # -- reactions ------------------------------------------------------------------------------

    def _read_added_reaction(self, data: Mapping[str, Any]) -> None:
        self._read_reaction(data, 1)

    def _read_removed_reaction(self, data: Mapping[str, Any]) -> None:
        self._read_reaction(data, -1)

    def _read_reaction(self, data: Mapping[str, Any], change: int) -> None:
        server_id = data.get("guild_id")
        if server_id is not None and self._may_be_recorded(data, server_id):
            where = int(data["message_id"]), int(data["channel_id"]), int(server_id)
            emoji = parse.make_emoji_name(data["emoji"])
            self._recorder.put((Reaction(*where, emoji, change),))

    def _read_cleared_reactions(self, data: Mapping[str, Any]) -> None:
        """All reactions of a message were removed, or all with one emoji."""
        server_id = data.get("guild_id")
        if server_id is not None and self._may_be_recorded(data, server_id):
            where = int(data["message_id"]), int(data["channel_id"]), int(server_id)
            emoji = parse.make_emoji_name(data["emoji"]) if "emoji" in data else None
            self._recorder.put((ReactionsCleared(*where, emoji),))

    # -- threads and channels -------------------------------------------------------------------

    def _read_thread(self, data: Mapping[str, Any]) -> None:
        """A thread was created, or the bot was added to one (docs: Gateway Events › Thread Create).

        Only the record of a new one starts without a gap. A repeat of the event says nothing new.
        """
        if not data.get("newly_created"):
            return
        thread_id, server_id = int(data["id"]), int(data["guild_id"])
        server = self._get_server(server_id)
        if server is None or server.get_thread(thread_id) is not None:
            return
        self._recorder.put_new_thread(
            ThreadSeen(
                id=thread_id,
                server_id=server_id,
                channel_id=int(data["parent_id"]),
                owner_id=int(data["owner_id"]),
                name=data["name"],
                is_new=True,
            )
        )

    def _read_deleted_channel(self, data: Mapping[str, Any]) -> None:
        """A channel or thread was deleted with everything in it."""
        if data.get("guild_id") is not None:
            where = int(data["id"]), int(data["guild_id"])
            self._recorder.put((ChannelDeletion(*where, self._clock.now()),))
