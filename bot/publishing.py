"""Publishing: from what an admin handed in to planned posts.

What was handed in is kept before the command is acknowledged, so whatever was acknowledged is
carried out, whenever the process dies; a submission that was not finished is taken up again at
the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.clock import Clock
from bot.discussion.card import opening_card
from bot.discussion.essay import UnreadableEssay
from bot.discussion.layout import lay_out
from bot.discussion.payloads import plain_message
from bot.errors import Refused
from bot.reading_process import read_apart
from storage import discussions, posts, submissions
from storage.database import Database
from storage.discussions import Listed
from storage.posts import NewPost, Progress
from storage.submissions import Submission
from storage.writer import Transaction

__all__ = ["MOST_BYTES", "Published", "Publishing"]

_log = logging.getLogger(__name__)

#: The largest file that is read as an essay, in bytes: a book of 800,000 words.
MOST_BYTES = 5 * 1024 * 1024

#: The first revision of an essay; its passages are what its posts carry.
_FIRST_REVISION = 1


@dataclass(frozen=True, slots=True)
class Published:
    """What a submission became: ``essay`` is the discussion, ``again`` one that stood before."""

    essay: Listed
    messages: int
    again: bool
    notes: tuple[str, ...] = ()


class Publishing:
    """Takes submissions in and makes discussions of them.

    ``fetch`` brings a file by its address; ``check`` raises Refused where the bot may not do in
    the channel what publishing there needs.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        fetch: Callable[[str], Awaitable[bytes]],
        check: Callable[[int], None],
        on_work: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._fetch = fetch
        self._check = check
        self._on_work = on_work

    async def receive(self, submission: Submission) -> None:
        """Keep what was handed in; after this it may be acknowledged."""
        now_ms = self._clock.now_ms()
        await self._database.write(lambda tx: submissions.receive(tx, submission, now_ms))

    async def publish(self, submission: Submission) -> Published:
        """Read a received submission and plan its posts.

        Raises SalonError with the sentence the admin is told; then nothing was planned.
        """
        try:
            return await self._publish(submission)
        except (Refused, UnreadableEssay) as error:
            sentence = str(error)
            await self._database.write(lambda tx: submissions.refuse(tx, submission.id, sentence))
            raise

    async def take_up_again(self) -> None:
        """Finish what was received before a restart; nobody waits for the answer any more."""
        for submission in await self._database.read(submissions.unfinished):
            try:
                published = await self.publish(submission)
            except (Refused, UnreadableEssay) as error:
                _log.warning("The essay handed in before the restart is refused: %s", error)
            else:
                _log.info("The essay handed in before the restart is essay %d.", published.essay.id)

    async def progress(self, discussion_id: int) -> Progress:
        """How far the posts of a publishing have come."""
        return await self._database.read(lambda tx: posts.progress(tx, discussion_id))

    async def _publish(self, submission: Submission) -> Published:
        self._check(submission.channel_id)
        source = await self._source(submission)
        # A pasted text is Markdown, as everything one types into Discord is.
        essay = await read_apart(
            source,
            "markdown" if submission.file_name is None else "auto",
            submission.file_name,
        )
        layout = await asyncio.to_thread(lay_out, essay)
        planned = [NewPost("card", opening_card(essay))]
        planned += [
            NewPost(
                "part",
                plain_message(part.content, silent=True),
                tuple((_FIRST_REVISION, number) for number in part.passages),
            )
            for part in layout.parts
        ]
        if layout.closing is not None:
            planned.append(NewPost("closing", plain_message(layout.closing, silent=True)))
        now_ms = self._clock.now_ms()

        async def start(tx: Transaction) -> tuple[Listed, bool]:
            same = await discussions.same_essay(tx, submission.channel_id, source)
            if same is not None:
                await submissions.refuse(tx, submission.id, "published before")
                return same, True
            if not await submissions.accept(tx, submission.id):
                raise Refused("This essay was handled already; /essay list shows where it stands.")
            number = await discussions.start(
                tx,
                submission=submission,
                essay=essay,
                source=source,
                planned=planned,
                now_ms=now_ms,
            )
            return await discussions.find(tx, str(number)), False

        found, again = await self._database.write(start)
        if not again:
            self._on_work()
        return Published(found, len(planned), again, (*essay.notes, *layout.notes))

    async def _source(self, submission: Submission) -> bytes:
        if submission.text is not None:
            source = submission.text.encode()
        else:
            source = await self._fetch(submission.file_address or "")
        if len(source) > MOST_BYTES:
            raise Refused(f"The file is larger than {MOST_BYTES // 1024 // 1024} MiB.")
        return source
