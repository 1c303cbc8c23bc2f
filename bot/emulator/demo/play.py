"""The play: an admin publishes an essay, members discuss it, a day goes by.

The scene acts only as members can, over HTTP, and judges only by what stands in the world. It
takes up where an earlier play of the same essay and comments stopped: what was written already
is not written again.
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
from typing import TYPE_CHECKING, TypeVar

import aiohttp

from bot.emulator.demo.client import Actor, RefusedError
from bot.emulator.demo.comments import Comment, pieces
from bot.emulator.demo.discussions_seen import (
    Standing,
    answered_by,
    buttons,
    discussions,
    essay_words,
    lost_run,
)
from bot.emulator.demo.script import Play, read_play
from bot.emulator.world.models import Command, Interaction, InteractionState, User
from bot.emulator.world.seed import ADMIN, add_member
from bot.emulator.world.world import World

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

__all__ = ["Play", "play", "read_play"]

_T = TypeVar("_T")

_CHANNEL = "essays"
_PUBLISH = "Publish"
_PATIENCE = 90.0
"""Seconds of real time without any change in the world after which something never comes."""
_ATTEMPTS, _SILENCES = 2, 4
"""How often an admin runs the command when nothing comes of it, and when nobody answers."""
_LOST = 25
"""Words in a row that may be missing from a discussion before a passage counts as lost."""
_MOMENT = 10.0
"""Seconds of real time that an admin waits for the card, or for words, when the bot answered."""
_LOOK_EVERY = 0.25
_TO_THE_PROMPT = timedelta(days=1, hours=2)


async def play(
    emulator: Emulator,
    *,
    essay: Path | None,
    comments: Path | None,
    say: Callable[[str], None],
    patience: float = _PATIENCE,
    pace: float = 0.0,
    channel: str = _CHANNEL,
) -> bool:
    """Play an essay and its comments to the prompt a day later; whether all of it happened.

    ``say`` is told, in sentences, how far the play is and why it failed; ``patience`` is how
    many seconds of real time may go by without a new message before something is given up,
    ``pace`` how many pass between two comments, for those who look on; ``channel`` the name of
    the channel where the essay comes to stand, which is the bot's to know.
    Raises :class:`UnplayableError` before anything happens if the files cannot be played.
    """
    what = read_play(essay, comments)
    async with aiohttp.ClientSession() as session:
        actor = Actor(session, emulator.page, emulator.world.guild.id)
        scene = _Scene(emulator, actor, what, say, patience, pace, channel)
        with scene.watching():
            try:
                await scene.play()
            except (_FailedError, RefusedError) as failure:
                say(str(failure))
                return False
    return True


class _FailedError(Exception):
    """Something that belongs to the play did not happen."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A comment that was written: the messages of its pieces, and the thread it belongs to."""

    comment: Comment
    messages: tuple[int, ...]
    thread_id: int


class _Scene:
    def __init__(
        self,
        emulator: Emulator,
        actor: Actor,
        what: Play,
        say: Callable[[str], None],
        patience: float,
        pace: float,
        channel: str,
    ) -> None:
        self._emulator = emulator
        self._world = emulator.world
        self._actor = actor
        self._what = what
        self._say = say
        self._patience = patience
        self._pace = pace
        self._changed = asyncio.Event()
        self._words = essay_words(what.name, what.essay)
        channels = {one.name: one.id for one in self._world.channels_of(self._world.guild.id)}
        self._channel, self._channel_id = channel, channels[channel]
        # The command is run where one can write, which a forum itself is not.
        self._desk_id = channels[_CHANNEL]
        self._members = {
            user.display_name: user
            for user in map(self._world.users.__getitem__, self._world.guild.members)
            if not user.bot
        }
        self._begun_after = 0
        self._earlier = _said_by_members(self._world)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Hear of changes in the world."""
        self._world.on_change.append(self._changed.set)
        try:
            yield
        finally:
            self._world.on_change.remove(self._changed.set)

    async def play(self) -> None:
        """The three acts; raises :class:`_FailedError` or :class:`RefusedError`."""
        standing = await self._publish()
        self._say(
            f"The essay stands in #{self._channel}: a card and {len(standing.posts)} messages."
        )
        spoken: dict[str, _Spoken] = {}
        for comment in self._what.comments:
            await asyncio.sleep(self._pace)
            spoken[comment.id] = await self._speak(comment, spoken, standing)
        await self._settle()
        heads = sum(comment.parent is None for comment in self._what.comments)
        where = f"{heads} of them opened a thread"
        if standing.thread_id is not None:
            where = "all of them in the essay's own thread"
        self._say(f"{len(spoken)} comments are written; {where}.")
        standing = await self._prompt(standing)
        self._hold(spoken)
        plural = "" if len(standing.prompts) == 1 else "s"
        self._say(f"A day has passed, and {len(standing.prompts)} prompt{plural} came.")

    # The essay --------------------------------------------------------------------------------

    async def _publish(self) -> Standing:
        """Run /essay publish until the essay stands in the channel, as an admin would.

        Where Discord says that the application did not respond, it may have been down, or have
        begun and died: the admin looks, and tries again if nothing is there.
        """
        await self._settle()
        self._begun_after = self._world.snowflakes.last
        answered = unanswered = 0
        while (standing := await self._whole()) is None:
            if answered == _ATTEMPTS:
                raise _FailedError(f"The essay was not published. {self._last_answer()}")
            if unanswered == _SILENCES:
                raise _FailedError("The essay was not published: the application did not respond.")
            interaction = await self._run_publish()
            if interaction.state is InteractionState.ANSWERED:
                answered += 1
                await self._until(partial(self._has_effect, interaction), most=_MOMENT)
                await self._press_publish(interaction)
            else:
                unanswered += 1
            await self._settle()
        return standing

    async def _run_publish(self) -> Interaction:
        command = await self._until(self._command)
        if command is None:
            raise _FailedError("The bot has no command /essay.")
        nonce = await self._actor.run(
            self._members[ADMIN],
            self._world.application,
            command,
            "publish",
            self._desk_id,
            ("file", self._what.name, self._what.essay),
        )
        interaction = await self._until(lambda: self._ended(nonce))
        if interaction is None:
            raise _FailedError("/essay publish was neither answered nor given up.")
        return interaction

    async def _press_publish(self, interaction: Interaction) -> None:
        """Press the preview's button, if there is a preview; whoever sees none tries again."""
        found = next(buttons(self._world, interaction, _PUBLISH), None)
        if found is None:
            return
        message, button = found
        nonce = await self._actor.press(
            self._members[ADMIN], self._world.application, message, button
        )
        pressed = await self._until(lambda: self._ended(nonce))
        if pressed is not None and pressed.state is InteractionState.ANSWERED:
            await self._until(lambda: any(self._begun()), most=_MOMENT)

    def _command(self) -> Command | None:
        commands = self._world.commands.values()
        return next((one for one in commands if one.type == 1 and one.name == "essay"), None)

    def _ended(self, nonce: str) -> Interaction | None:
        """The interaction with this nonce once it is answered or has failed."""
        for interaction in reversed(self._world.interactions.values()):
            if interaction.nonce == nonce:
                waiting = interaction.state is InteractionState.WAITING
                return None if waiting else interaction
        return None

    def _has_effect(self, interaction: Interaction) -> bool:
        """Whether the admin sees a card, or a preview or words in answer to the command."""
        answers = (self._world.messages.get(ident) for ident in interaction.messages)
        return any(self._begun()) or any(
            answer and (answer.content or answer.components) for answer in answers
        )

    def _last_answer(self) -> str:
        """What the bot answered last, quoted."""
        for interaction in reversed(self._world.interactions.values()):
            for ident in reversed(interaction.messages):
                if content := self._world.messages[ident].content:
                    return f"The bot said: {content}"
        return "The bot said nothing."

    async def _whole(self) -> Standing | None:
        """This essay's discussion, waited for while it is still growing; None if there is none.

        Raises :class:`_FailedError` if it does not grow any more and a passage is missing.
        """
        while (standing := self._found()) is not None and not self._is_whole(standing):
            if not await self._until(partial(self._more_than, len(self._world.messages))):
                lost = self._lost(standing)
                beginning = f" from “{' '.join(lost[:8])} …”" if lost else ""
                raise _FailedError(f"A passage of {len(lost)} words{beginning} was not posted.")
            await self._settle()
        return standing

    def _found(self) -> Standing | None:
        """The newest discussion that shows the whole essay, else the newest of this play.

        Of a file whose words nobody can look for, only a discussion of this play is known.
        """
        if self._words is not None:
            found = list(discussions(self._world, self._channel_id))
            for standing in reversed(found):
                if self._is_whole(standing):
                    return standing
        return max(self._begun(), key=lambda one: one.card.id, default=None)

    def _begun(self) -> Iterator[Standing]:
        """The discussions that began in this play."""
        found = discussions(self._world, self._channel_id)
        return (standing for standing in found if standing.card.id > self._begun_after)

    def _more_than(self, messages: int) -> bool:
        return len(self._world.messages) > messages

    def _is_whole(self, standing: Standing) -> bool:
        return bool(standing.posts) and not self._lost(standing)

    def _lost(self, standing: Standing) -> list[str]:
        if self._words is None:
            return []
        lost = lost_run(self._words, standing)
        return lost if len(lost) > min(_LOST, len(self._words) // 2) else []

    # The talk ---------------------------------------------------------------------------------

    async def _speak(
        self, comment: Comment, spoken: dict[str, _Spoken], standing: Standing
    ) -> _Spoken:
        """Write a comment, piece after piece, unless it stands there from an earlier play."""
        member = self._member(comment.author)
        if comment.parent is None:
            thread_id = standing.thread_id
            previous = answered_by(comment.text, standing).id
        else:
            parent = spoken[comment.parent]
            thread_id = parent.thread_id
            previous = parent.messages[-1]
        written: list[int] = []
        for piece in pieces(comment.text):
            channel_id = self._channel_id if thread_id is None else thread_id
            # Discord has no replies across channels: in its thread the head is answered by
            # simply speaking there. docs: Message Resource › Message Reference Structure.
            answers = None if previous == thread_id else previous
            key = (member.id, channel_id, answers, piece)
            if self._earlier.get(key):
                previous = self._earlier[key].popleft()
            else:
                previous = await self._actor.write(member, channel_id, piece, answers)
            written.append(previous)
            if thread_id is None:
                thread_id = previous
                await self._thread(thread_id, comment)
        assert thread_id is not None
        return _Spoken(comment, tuple(written), thread_id)

    def _member(self, name: str) -> User:
        """The member of this display name, who joins if nobody bears it."""
        if name not in self._members:
            self._members[name] = add_member(self._world, self._world.guild, name)
        return self._members[name]

    async def _thread(self, thread_id: int, comment: Comment) -> None:
        if not await self._until(lambda: thread_id in self._world.channels):
            raise _FailedError(f"The comment {comment.id} of {comment.author} got no thread.")

    def _hold(self, spoken: dict[str, _Spoken]) -> None:
        """Raise :class:`_FailedError` for a comment that no longer stands where it belongs."""
        for one in spoken.values():
            head, *rest = one.messages
            place = self._channel_id if head == one.thread_id else one.thread_id
            stands = self._world.message(place, head) is not None and all(
                self._world.message(one.thread_id, ident) is not None for ident in rest
            )
            if not stands or one.thread_id not in self._world.channels:
                raise _FailedError(
                    f"The comment {one.comment.id} of {one.comment.author} is not in its place."
                )

    # Time -------------------------------------------------------------------------------------

    async def _prompt(self, standing: Standing) -> Standing:
        """Let time pass until a day after the essay, and see that it was asked after."""
        card = standing.card
        left = (card.timestamp + _TO_THE_PROMPT - self._world.now()).total_seconds()
        await self._actor.let_pass(max(left, 0.0))

        def prompted() -> Standing | None:
            found = discussions(self._world, self._channel_id)
            return next((one for one in found if one.card is card and one.prompts), None)

        now = await self._until(prompted)
        if now is None:
            raise _FailedError("No prompt came a day later.")
        if not self._is_whole(now):
            raise _FailedError("A part of the essay has vanished from the channel.")
        return now

    async def _settle(self) -> None:
        """Wait until the bot is there and has nothing left to do."""
        while True:
            if not await self._until(self._bot_is_there):
                raise _FailedError("The bot did not come back.")
            before = len(self._world.messages)
            await self._actor.let_pass(0)
            if self._bot_is_there() and len(self._world.messages) == before:
                return

    def _bot_is_there(self) -> bool:
        return any(True for _ in self._emulator.gateway_hub.bot_sessions())

    async def _until(self, holds: Callable[[], _T | None], most: float = math.inf) -> _T | None:
        """What ``holds`` answers once that is true; None after long without a new message."""
        patience = min(most, self._patience)
        loop = asyncio.get_running_loop()
        known, since = len(self._world.messages), loop.time()
        while not (answer := holds()):
            if len(self._world.messages) != known:
                known, since = len(self._world.messages), loop.time()
            elif loop.time() - since > patience:
                return None
            self._changed.clear()
            # A bot that connects is no change in the world, so it is also looked for now and then.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), _LOOK_EVERY)
        return answer


def _said_by_members(world: World) -> dict[tuple[int, int, int | None, str], deque[int]]:
    """What members wrote before the play: by author, place, message answered and text."""
    said: dict[tuple[int, int, int | None, str], deque[int]] = defaultdict(deque)
    for message in sorted(world.messages.values(), key=lambda message: message.id):
        if message.deleted or message.ephemeral_to is not None:
            continue
        key = (message.author_id, message.channel_id, message.reply_to, message.content)
        said[key].append(message.id)
    return dict(said)
