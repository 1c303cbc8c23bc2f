"""The play: an admin publishes an essay, members discuss it, a day passes until a prompt.

It acts only as members can, over HTTP, and checks only what is in the world. It continues where
an earlier play of the same essay and comments stopped: existing comments aren't written again.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import aiohttp

from bot.emulator.demo.client import MemberClient, RequestFailedError
from bot.emulator.demo.comments import Comment, split_message
from bot.emulator.demo.find_discussions import (
    SeenDiscussion,
    find_answered,
    find_buttons,
    find_discussions,
    find_missing_words,
    read_words,
)
from bot.emulator.demo.script import Script, read_script
from bot.emulator.gateway.dispatcher import Dispatcher
from bot.emulator.world.models import Command, Interaction, InteractionState, User
from bot.emulator.world.seed import ADMIN, add_member
from bot.emulator.world.world import World

__all__ = ["Server", "play"]

_T = TypeVar("_T")

_CHANNEL = "essays"
_PUBLISH = "Publish"
_PATIENCE = 90.0
"""Real seconds without any change in the world after which the play stops waiting."""
_ATTEMPTS, _UNANSWERED = 2, 4
"""How often an admin runs the command if it has no effect, and if the bot doesn't respond."""
_MISSING = 25
"""Words in a row that may be missing from a discussion before a passage counts as missing."""
_VISIBLE_WITHIN = 10.0
"""Real seconds that an admin waits for the card or a message after the bot responded."""
_CHECK_INTERVAL = 0.25
_PROMPT_AFTER = timedelta(days=1, hours=2)


class Server(Protocol):
    """The parts of the emulator that a play uses."""

    @property
    def world(self) -> World:
        """The world in which it is played."""

    @property
    def dispatcher(self) -> Dispatcher:
        """The gateway, which knows whether the bot is connected."""

    @property
    def page(self) -> str:
        """The emulator's address, without a slash at its end."""


async def play(
    server: Server,
    *,
    essay: Path | None,
    comments: Path | None,
    say: Callable[[str], None],
    patience: float = _PATIENCE,
    pace: float = 0.0,
    channel: str = _CHANNEL,
    publish_label: str = _PUBLISH,
) -> bool:
    """Play an essay and its comments until the prompt a day later; whether all of it happened.

    ``say`` gets sentences about the progress and why it failed. ``patience`` is how many real
    seconds may pass without a new message before the play fails, ``pace`` how many pass between
    two comments. ``channel`` is the name of the channel where the bot is set up to post essays.
    ``publish_label`` is the preview's button in the admin's language.
    Raises :class:`UnplayableError` at once if the files can't be played.
    """
    script = read_script(essay, comments)
    async with aiohttp.ClientSession() as session:
        client = MemberClient(session, server.page, server.world.guild.id)
        running = _RunningPlay(server, client, script, say, patience, pace, channel, publish_label)
        with running.watching():
            try:
                await running.play()
            except (_FailedError, RequestFailedError) as failure:
                say(str(failure))
                return False
    return True


class _FailedError(Exception):
    """A step of the play didn't happen; the text says which."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A written comment: the ids of its messages, and of the thread it is in."""

    comment: Comment
    messages: tuple[int, ...]
    thread_id: int


class _RunningPlay:
    def __init__(
        self,
        server: Server,
        client: MemberClient,
        script: Script,
        say: Callable[[str], None],
        patience: float,
        pace: float,
        channel: str,
        publish_label: str,
    ) -> None:
        self._publish_label = publish_label
        self._dispatcher = server.dispatcher
        self._world = server.world
        self._client = client
        self._script = script
        self._say = say
        self._patience = patience
        self._pace = pace
        self._changed = asyncio.Event()
        self._words = read_words(script.name, script.essay)
        channels = {one.name: one.id for one in self._world.channels_of(self._world.guild.id)}
        self._channel, self._channel_id = channel, channels[channel]
        # The command is run in a text channel, since nobody can write in a forum itself.
        self._command_channel_id = channels[_CHANNEL]
        self._members = {
            user.display_name: user
            for user in map(self._world.users.__getitem__, self._world.guild.members)
            if not user.bot
        }
        self._started_after = 0
        self._existing = _members_messages(self._world)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Wake up at changes in the world."""
        self._world.on_change.append(self._changed.set)
        try:
            yield
        finally:
            self._world.on_change.remove(self._changed.set)

    async def play(self) -> None:
        """Publish, discuss, wait for the prompt. Raises _FailedError or RequestFailedError."""
        discussion = await self._publish()
        count = len(discussion.posts)
        self._say(f"The essay is posted in #{self._channel}: its card, then {count} messages.")
        await asyncio.sleep(self._pace)  # so that a person sees the card before the replies
        written: dict[str, _Written] = {}
        for comment in self._script.comments:
            await asyncio.sleep(self._pace)
            written[comment.id] = await self._write_comment(comment, written, discussion)
        await self._settle()
        heads = sum(comment.parent is None for comment in self._script.comments)
        where = f"{heads} of them opened threads"
        if discussion.thread_id is not None:
            where = "all are in the essay's own thread"
        self._say(f"Members wrote {len(written)} comments; {where}.")
        discussion = await self._wait_for_prompt(discussion)
        self._check_places(written)
        plural = "" if len(discussion.prompts) == 1 else "s"
        self._say(f"A day later, the bot posted {len(discussion.prompts)} prompt{plural}.")

    # The essay --------------------------------------------------------------------------------

    async def _publish(self) -> SeenDiscussion:
        """Run /essay publish until the essay is in the channel, as an admin would.

        If the application didn't respond, it may have been down or have crashed half-way: the
        admin checks the channel and tries again if nothing is there.
        """
        await self._settle()
        self._started_after = self._world.snowflakes.last
        answered = unanswered = 0
        while (discussion := await self._wait_until_whole()) is None:
            if answered == _ATTEMPTS:
                raise _FailedError(f"The essay wasn't published. {self._last_answer()}")
            if unanswered == _UNANSWERED:
                raise _FailedError("The essay wasn't published: the application did not respond.")
            interaction = await self._run_publish()
            if interaction.state is InteractionState.ANSWERED:
                answered += 1
                await self._until(partial(self._has_effect, interaction), most=_VISIBLE_WITHIN)
                await self._press_publish(interaction)
            else:
                unanswered += 1
            await self._settle()
        return discussion

    async def _run_publish(self) -> Interaction:
        command = await self._until(self._find_command)
        if command is None:
            raise _FailedError("The bot has no command /essay.")
        nonce = await self._client.run(
            self._members[ADMIN],
            self._world.application,
            command,
            "publish",
            self._command_channel_id,
            ("file", self._script.name, self._script.essay),
        )
        interaction = await self._until(lambda: self._find_finished(nonce))
        if interaction is None:
            raise _FailedError("The bot didn't answer /essay publish.")
        return interaction

    async def _press_publish(self, interaction: Interaction) -> None:
        """Press the preview's button, if there is a preview."""
        found = next(find_buttons(self._world, interaction, self._publish_label), None)
        if found is None:
            return
        message, button = found
        nonce = await self._client.press(
            self._members[ADMIN], self._world.application, message, button
        )
        pressed = await self._until(lambda: self._find_finished(nonce))
        if pressed is not None and pressed.state is InteractionState.ANSWERED:
            await self._until(lambda: any(self._new_discussions()), most=_VISIBLE_WITHIN)

    def _find_command(self) -> Command | None:
        commands = self._world.commands.values()
        return next((one for one in commands if one.type == 1 and one.name == "essay"), None)

    def _find_finished(self, nonce: str) -> Interaction | None:
        """The interaction with this nonce once it is answered or has failed."""
        for interaction in reversed(self._world.interactions.values()):
            if interaction.nonce == nonce:
                waiting = interaction.state is InteractionState.WAITING
                return None if waiting else interaction
        return None

    def _has_effect(self, interaction: Interaction) -> bool:
        """Whether the admin sees a card, or a preview or text in response to the command."""
        answers = (self._world.messages.get(ident) for ident in interaction.messages)
        return any(self._new_discussions()) or any(
            answer and (answer.content or answer.components) for answer in answers
        )

    def _last_answer(self) -> str:
        """A sentence that quotes the bot's last response."""
        for interaction in reversed(self._world.interactions.values()):
            for ident in reversed(interaction.messages):
                if content := self._world.messages[ident].content:
                    return f"The bot said: {content}"
        return "The bot said nothing."

    async def _wait_until_whole(self) -> SeenDiscussion | None:
        """Wait for this essay's whole discussion; None if there is none.

        Raises :class:`_FailedError` if it stops growing and a passage is missing.
        """
        while (discussion := self._find_discussion()) is not None and not self._is_whole(
            discussion
        ):
            if not await self._until(partial(self._more_than, len(self._world.messages))):
                missing = self._find_missing(discussion)
                beginning = f" from “{' '.join(missing[:8])} …”" if missing else ""
                raise _FailedError(f"A passage of {len(missing)} words{beginning} wasn't posted.")
            await self._settle()
        return discussion

    def _find_discussion(self) -> SeenDiscussion | None:
        """The newest discussion that shows the whole essay, else the newest of this play.

        For a file whose words can't be read, only a discussion of this play counts.
        """
        if self._words is not None:
            found = list(find_discussions(self._world, self._channel_id))
            for discussion in reversed(found):
                if self._is_whole(discussion):
                    return discussion
        return max(self._new_discussions(), key=lambda one: one.card.id, default=None)

    def _new_discussions(self) -> Iterator[SeenDiscussion]:
        """The discussions that started in this play."""
        found = find_discussions(self._world, self._channel_id)
        return (discussion for discussion in found if discussion.card.id > self._started_after)

    def _more_than(self, messages: int) -> bool:
        return len(self._world.messages) > messages

    def _is_whole(self, discussion: SeenDiscussion) -> bool:
        return bool(discussion.posts) and not self._find_missing(discussion)

    def _find_missing(self, discussion: SeenDiscussion) -> list[str]:
        if self._words is None:
            return []
        missing = find_missing_words(self._words, discussion)
        return missing if len(missing) > min(_MISSING, len(self._words) // 2) else []

    # The comments -----------------------------------------------------------------------------

    async def _write_comment(
        self, comment: Comment, written: dict[str, _Written], discussion: SeenDiscussion
    ) -> _Written:
        """Write a comment's messages, except those that exist from an earlier play."""
        member = self._member(comment.author)
        if comment.parent is None:
            thread_id = discussion.thread_id
            previous = find_answered(comment.text, discussion).id
        else:
            parent = written[comment.parent]
            thread_id = parent.thread_id
            previous = parent.messages[-1]
        message_ids: list[int] = []
        for piece in split_message(comment.text):
            channel_id = self._channel_id if thread_id is None else thread_id
            # Discord has no replies across channels: a reply to the thread's first message is a
            # plain message in the thread. docs: Message Resource › Message Reference Structure.
            answers = None if previous == thread_id else previous
            key = (member.id, channel_id, answers, piece)
            if self._existing.get(key):
                previous = self._existing[key].popleft()
            else:
                previous = await self._client.write(member, channel_id, piece, answers)
            message_ids.append(previous)
            if thread_id is None:
                thread_id = previous
                await self._wait_for_thread(thread_id, comment)
        assert thread_id is not None
        return _Written(comment, tuple(message_ids), thread_id)

    def _member(self, name: str) -> User:
        """The member with this display name; one joins if there is none."""
        if name not in self._members:
            self._members[name] = add_member(self._world, self._world.guild, name)
        return self._members[name]

    async def _wait_for_thread(self, thread_id: int, comment: Comment) -> None:
        if not await self._until(lambda: thread_id in self._world.channels):
            raise _FailedError(f"The comment {comment.id} by {comment.author} got no thread.")

    def _check_places(self, written: dict[str, _Written]) -> None:
        """Raise :class:`_FailedError` for a comment that is no longer in its place."""
        for one in written.values():
            head, *rest = one.messages
            place = self._channel_id if head == one.thread_id else one.thread_id
            is_there = self._world.message(place, head) is not None and all(
                self._world.message(one.thread_id, ident) is not None for ident in rest
            )
            if not is_there or one.thread_id not in self._world.channels:
                raise _FailedError(
                    f"The comment {one.comment.id} by {one.comment.author} is in the wrong place."
                )

    # Time -------------------------------------------------------------------------------------

    async def _wait_for_prompt(self, discussion: SeenDiscussion) -> SeenDiscussion:
        """Advance to a day after the essay was published and wait for a prompt."""
        card = discussion.card
        left = (card.timestamp + _PROMPT_AFTER - self._world.now()).total_seconds()
        await self._client.advance(max(left, 0.0))

        def prompted() -> SeenDiscussion | None:
            found = find_discussions(self._world, self._channel_id)
            return next((one for one in found if one.card is card and one.prompts), None)

        now = await self._until(prompted)
        if now is None:
            raise _FailedError("The bot posted no prompt within a day.")
        if not self._is_whole(now):
            raise _FailedError("A part of the essay was deleted from the channel.")
        return now

    async def _settle(self) -> None:
        """Wait until the bot is connected and has nothing left to do."""
        while True:
            if not await self._until(self._is_bot_connected):
                raise _FailedError("The bot didn't connect again.")
            before = len(self._world.messages)
            await self._client.advance(0)
            if self._is_bot_connected() and len(self._world.messages) == before:
                return

    def _is_bot_connected(self) -> bool:
        return any(True for _ in self._dispatcher.bot_sessions())

    async def _until(self, condition: Callable[[], _T | None], most: float = math.inf) -> _T | None:
        """Wait until ``condition`` is true; its result, None if no message comes for too long."""
        patience = min(most, self._patience)
        loop = asyncio.get_running_loop()
        known, since = len(self._world.messages), loop.time()
        while not (answer := condition()):
            if len(self._world.messages) != known:
                known, since = len(self._world.messages), loop.time()
            elif loop.time() - since > patience:
                return None
            self._changed.clear()
            # A bot that connects doesn't change the world, so check now and then as well.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _CHECK_INTERVAL)
        return answer


def _members_messages(world: World) -> dict[tuple[int, int, int | None, str], deque[int]]:
    """The ids of existing messages by author, channel, replied-to message and text."""
    found_ids: dict[tuple[int, int, int | None, str], deque[int]] = defaultdict(deque)
    for message in sorted(world.messages.values(), key=lambda message: message.id):
        if message.deleted or message.ephemeral_to is not None:
            continue
        key = (message.author_id, message.channel_id, message.reply_to, message.content)
        found_ids[key].append(message.id)
    return dict(found_ids)
