"""Publishing: from what an admin handed in to a draft, and from a draft to planned posts.

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
from bot.core.conversation.styles import TargetChannel, check_target_channel, choose_style
from bot.core.essay.essay import Essay, UnreadableEssay
from bot.core.extraction.corrections import Corrections, apply_corrections
from bot.core.layout.card import render_card
from bot.core.layout.closing_message import render_closing_question
from bot.core.layout.layout import lay_out
from bot.core.payload import make_plain_message
from bot.discord_api.permissions import Permissions
from bot.errors import UserError
from bot.publishing.fetch_page import Page
from bot.publishing.reader_process import fill_extracted_facts, read_in_child_process
from storage.db.database import Database, until_usable
from storage.db.errors import DatabaseUnavailable
from storage.db.writer import Transaction, Work
from storage.delivery.messages import NewMessage
from storage.essays import discussions, drafts, progress, scheduled, submissions
from storage.essays.discussions import Listed
from storage.essays.drafts import Draft
from storage.essays.progress import Progress
from storage.essays.revisions import NewRevision
from storage.essays.submissions import Submission
from storage.servers import settings as settings_module
from storage.servers.audit_log import record_act
from storage.servers.settings import ServerSettings

__all__ = ["MAX_FILE_BYTES", "Actor", "Preview", "Publishing"]

_log = logging.getLogger(__name__)

#: The largest file that is read as an essay, in bytes: a book of 800,000 words.
MAX_FILE_BYTES = 5 * 1024 * 1024

_SUBMITTED_AGAIN = "This essay was handed in once more since; /essay list shows where it stands."

#: The first revision of an essay; its passages are what its posts carry.
_FIRST_REVISION = 1


@dataclass(frozen=True, slots=True)
class Actor:
    """The admin who acts; ``id`` 0 where it is nobody in particular."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft, and what an admin should know before publishing it.

    ``problem``: what keeps it from that channel, "" if nothing. ``same``: the very same essay as
    it stands in that channel already. ``plan``: which prompts will follow, as admins write them.
    ``usual``: the style that the server chose. ``target_channel``: None if the bot cannot see it.
    """

    draft: Draft
    problem: str
    duplicate: Listed | None
    plan: str
    server_style: str
    target_channel: TargetChannel | None


class Publishing:
    """Takes submissions in, makes drafts of them, and discussions of those.

    ``fetch`` brings a file of Discord's by its address, ``fetch_page`` a page of the web.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        fetch_file: Callable[[str], Awaitable[bytes]],
        fetch_page: Callable[[str], Awaitable[Page]],
        permissions: Permissions,
        on_work: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._fetch_file = fetch_file
        self._fetch_page = fetch_page
        self._permissions = permissions
        self._on_work = on_work
        self._handled: set[int] = set()  # submissions that this process takes care of

    # -- handing in ---------------------------------------------------------------------------

    async def save_submission(self, submission: Submission) -> None:
        """Keep what was handed in; after this it may be acknowledged."""
        self._handled.add(submission.id)
        now_ms = self._clock.now_ms()
        await self._database.write(lambda tx: submissions.receive(tx, submission, now_ms))

    async def create_draft(self, submission: Submission, *, cut_off: bool = False) -> int:
        """Read a received submission and keep it as a draft; the discussion's id.

        Where the very same essay is a draft in that channel already, that draft is meant.
        ``cut_off``: by the bot's end; who got no answer may have handed it in once more since, and
        published or discarded it. Raises SalonError with the sentence the admin is told; then
        nothing is kept.
        """
        try:
            return await self._create_draft(submission, cut_off=cut_off)
        except (UserError, UnreadableEssay) as error:
            sentence = str(error)
            await until_usable(
                lambda: self._database.write(
                    lambda tx: submissions.refuse(tx, submission.id, sentence)
                )
            )
            raise

    async def resume_submissions(self, edit: Callable[[Submission], Awaitable[None]]) -> None:
        """Finish what was received before a restart; nobody waits for the answer any more.

        ``edit`` takes what is a new text of an essay. What this process received itself is at
        hand already: the connection may be a new one, the process is not.
        """
        for submission in await self._database.read(submissions.unfinished):
            if submission.id in self._handled:
                continue
            self._handled.add(submission.id)
            try:
                if submission.essay_id is not None:
                    await edit(submission)
                    continue
                discussion_id = await self.create_draft(submission, cut_off=True)
            except (UserError, UnreadableEssay) as error:
                _log.warning("The essay handed in before the restart is refused: %s", error)
            except DatabaseUnavailable:
                self._handled.discard(submission.id)  # it is taken up once more
                raise
            else:
                _log.info("The essay handed in before the restart is draft %d.", discussion_id)
        await self._database.write(submissions.drop_digests)

    async def _create_draft(self, submission: Submission, *, cut_off: bool) -> int:
        source, essay = await self.read_essay(submission)
        closing = (submission.question or "").strip() or None
        numbered = await self._shows_passage_numbers(submission.server_id)
        planned, notes = await asyncio.to_thread(_plan_messages, essay, closing, numbered=numbered)
        revision = NewRevision(essay, source, submission.file_name, closing, notes)
        now_ms, target_channel = (
            self._clock.now_ms(),
            self._permissions.get_target_channel(submission.channel_id),
        )
        parts = sum(post.purpose == "part" for post in planned)
        digest = submissions.recognised_by(essay, submission.question)

        async def keep(tx: Transaction) -> int:
            usual = (await settings_module.read(tx, submission.server_id)).style
            style = choose_style(target_channel, submission.style, usual, parts)
            if cut_off and await submissions.came_again(tx, submission, digest):
                raise UserError(_SUBMITTED_AGAIN)
            # With another title or question it is another draft.
            given = bool(submission.title or submission.question)
            for same_id in await discussions.same_drafts(tx, submission.channel_id, essay):
                if await _is_draft_of(tx, same_id, revision, given=given):
                    await submissions.accept(tx, submission.id, digest)
                    if submission.style or submission.tags:
                        await drafts.restyle(tx, same_id, style, submission.tags or None)
                    return same_id
            if not await submissions.accept(tx, submission.id, digest):
                raise UserError(
                    "This essay was handled already; /essay list shows where it stands."
                )
            return await drafts.create(
                tx,
                submission=submission,
                revision=revision,
                planned=planned,
                style=style,
                now_ms=now_ms,
            )

        # What was received is carried out: left as it is, the next start would do so.
        return await until_usable(lambda: self._database.write(keep))

    async def _shows_passage_numbers(self, server_id: int) -> bool:
        """Whether the server wants passages to show their numbers."""
        return (await self._database.read(lambda tx: settings_module.read(tx, server_id))).numbered

    async def read_essay(self, submission: Submission) -> tuple[bytes, Essay]:
        """What was handed in, and the essay that it holds, with the title that was given.

        Raises SalonError where it cannot be fetched or read.
        """
        title = submission.title
        if submission.page_url is not None:
            page = await self._fetch_page(submission.page_url)
            source = page.data if isinstance(page.data, bytes) else page.data.encode()
            return source, await read_in_child_process(
                page.data, page.format, address=page.address, title=title
            )
        if submission.text is not None:
            # A pasted text is Markdown, as everything one types into Discord is.
            text = submission.text
            return text.encode(), await read_in_child_process(text, "markdown", title=title)
        source = await self._fetch_file(submission.file_url or "")
        if len(source) > MAX_FILE_BYTES:
            raise UserError(f"The file is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB.")
        return source, await read_in_child_process(
            source, "auto", submission.file_name, title=title
        )

    # -- drafts -------------------------------------------------------------------------------

    async def get_preview(self, discussion_id: int, server_id: int) -> Preview:
        """How an essay will stand; UserError where the server has no such essay."""

        async def look(tx: Transaction) -> tuple[Draft, Listed | None, ServerSettings]:
            draft = await drafts.find(tx, discussion_id)
            if draft is None or draft.server_id != server_id:
                raise UserError("This draft is not there any more.")
            same = await discussions.same_essay(tx, draft.channel_id, draft.essay, besides=draft.id)
            return draft, same, await settings_module.read(tx, server_id)

        draft, same, settings = await self._database.read(look)
        target_channel = self._permissions.get_target_channel(draft.channel_id)
        return Preview(
            draft,
            self._find_problem(draft),
            same,
            settings.plan_text,
            settings.style,
            target_channel,
        )

    def _find_problem(self, draft: Draft) -> str:
        """What keeps an essay from its channel, as a sentence; "" if nothing does."""
        target_channel = self._permissions.get_target_channel(draft.channel_id)
        place = "" if target_channel is None else check_target_channel(target_channel, draft.tags)
        return place or self._permissions.explain_cannot_host(draft.channel_id)

    async def set_style(self, discussion_id: int, style: str) -> None:
        """Another style for a draft; a forum's post stays one."""
        if not await self._database.write(lambda tx: drafts.restyle(tx, discussion_id, style)):
            raise UserError("This essay is no draft any more. Nothing was changed.")

    async def set_tags(self, discussion_id: int, tags: tuple[int, ...]) -> None:
        """Other tags for a forum's post that does not stand yet."""
        if not await self._database.write(lambda tx: drafts.retag(tx, discussion_id, tags)):
            raise UserError(
                "This essay stands already, or is no forum's post. Nothing was changed."
            )

    async def correct_draft(self, preview: Preview, corrections: Corrections) -> None:
        """Put an admin's corrections into a draft; its posts are made anew."""
        draft = preview.draft
        known = await fill_extracted_facts(draft.essay, draft.source, draft.source_name)
        essay, closing = apply_corrections(known, draft.closing, corrections)
        numbered = await self._shows_passage_numbers(draft.server_id)
        planned, notes = await asyncio.to_thread(_plan_messages, essay, closing, numbered=numbered)
        now_ms = self._clock.now_ms()
        if not await self._database.write(
            lambda tx: drafts.redraft(
                tx,
                draft.id,
                essay=essay,
                closing=closing,
                notes=notes,
                planned=planned,
                now_ms=now_ms,
            )
        ):
            raise UserError("This essay is no draft any more. Nothing was changed.")

    async def publish(self, discussion_id: int, actor: Actor, after_id: int) -> None:
        """Begin to publish a draft; the outbox does the rest.

        ``after_id``: an id of Discord's from before now, such as that of the interaction.
        """
        draft = await self._database.read(lambda tx: drafts.find(tx, discussion_id))
        if draft is None:
            raise UserError("This draft is not there any more. Nothing was published.")
        problem = self._find_problem(draft)
        if problem:
            raise UserError(f"{problem} Nothing was published.")
        now_ms = self._clock.now_ms()
        begun = await self._database.write(
            lambda tx: drafts.publish(
                tx,
                discussion_id,
                member_id=actor.id,
                member_name=actor.name,
                after_id=after_id,
                now_ms=now_ms,
            )
        )
        if not begun:
            raise UserError(
                f"“{draft.essay.title}” is no draft any more: `/essay show` tells where it stands."
            )
        self._on_work()

    async def schedule(self, discussion_id: int, actor: Actor, at_ms: int) -> None:
        """Publish a draft at ``at_ms``, milliseconds since 1970; it may have had another time."""
        now_ms = self._clock.now_ms()
        if not await self._database.write(
            lambda tx: scheduled.schedule(
                tx,
                discussion_id,
                at_ms=at_ms,
                member_id=actor.id,
                member_name=actor.name,
                now_ms=now_ms,
            )
        ):
            raise UserError("This essay is no draft any more. Nothing was changed.")
        self._on_work()

    async def discard_draft(self, discussion_id: int) -> None:
        """Forget a draft."""
        if not await self._database.write(lambda tx: drafts.discard(tx, discussion_id)):
            raise UserError("This essay is no draft any more. Nothing was changed.")
        self._on_work()

    # -- what became of it --------------------------------------------------------------------

    async def get_progress(self, discussion_id: int) -> Progress:
        """How far the posts of a publishing have come."""
        return await self._database.read(lambda tx: progress.progress(tx, discussion_id))

    async def retry(self, discussion_id: int) -> None:
        """Try once more what Discord refused of a publishing; UserError where it would be again."""
        draft = await self._database.read(lambda tx: drafts.find(tx, discussion_id))
        target_channel = (
            None if draft is None else self._permissions.get_target_channel(draft.channel_id)
        )
        if draft is not None and target_channel is not None and not draft.begun:
            misplacement = check_target_channel(target_channel, draft.tags)
            if misplacement:
                raise UserError(misplacement)
        now_ms = self._clock.now_ms()
        if not await self._database.write(lambda tx: progress.go_on(tx, discussion_id, now_ms)):
            raise UserError("There is nothing to go on with.")
        self._on_work()

    async def withdraw(self, discussion_id: int, actor: Actor) -> None:
        """Take an essay back: what the bot posted goes, threads are locked, words stay."""
        now_ms = self._clock.now_ms()
        await self._change(
            discussion_id,
            actor,
            lambda tx: discussions.withdraw(tx, discussion_id, now_ms),
            what="withdrawn",
            otherwise="Only an essay that was published can be withdrawn.",
        )

    async def change_state(self, discussion_id: int, actor: Actor, *, to: str) -> None:
        """Close an open discussion (``to`` "closed") or open a closed one ("open")."""
        before = {"closed": "open", "open": "closed"}[to]
        now_ms = self._clock.now_ms()
        await self._change(
            discussion_id,
            actor,
            lambda tx: discussions.turn(tx, discussion_id, before=before, after=to, now_ms=now_ms),
            what="closed" if to == "closed" else "reopened",
            otherwise=f"Only an essay that is {before} can be made {to}.",
        )

    async def _change(
        self,
        discussion_id: int,
        actor: Actor,
        change: Work[int | None],
        *,
        what: str,
        otherwise: str,
    ) -> None:
        """Make ``change`` and keep who did it; UserError where it finds no server to make it in."""
        now_ms = self._clock.now_ms()

        async def changed(tx: Transaction) -> None:
            found = await change(tx)
            if found is None:
                raise UserError(otherwise)
            await record_act(
                tx,
                server_id=found,
                discussion_id=discussion_id,
                member_id=actor.id,
                member_name=actor.name,
                what=what,
                now_ms=now_ms,
            )

        await self._database.write(changed)
        self._on_work()


async def _is_draft_of(
    tx: Transaction, draft_id: int, revision: NewRevision, *, given: bool
) -> bool:
    """Whether a draft was made of what was handed in, perhaps corrected since.

    The same words below another title, byline or epigraph are another draft. ``given``: a title
    or question was given with them; then the draft's have to be those.
    """
    draft = await drafts.find(tx, draft_id)
    assert draft is not None
    if given:
        return draft.essay == revision.essay and draft.closing == revision.closing
    return draft.source == revision.source or draft.essay == revision.essay


def _plan_messages(
    essay: Essay, closing: str | None, *, numbered: bool
) -> tuple[list[NewMessage], tuple[str, ...]]:
    """The posts of an essay, in order, and what could not be shown as it was."""
    layout = lay_out(essay, numbered=numbered)
    planned = [NewMessage("card", render_card(essay))]
    planned += [
        NewMessage(
            "part",
            make_plain_message(part.content, silent=True),
            tuple((_FIRST_REVISION, number) for number in part.passages),
            part.item_range,
        )
        for part in layout.parts
    ]
    asked = layout.closing if closing is None else render_closing_question([closing])
    if asked is not None:
        planned.append(NewMessage("closing", make_plain_message(asked, silent=True)))
    return planned, (*essay.notes, *layout.notes)
