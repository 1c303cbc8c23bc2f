"""Edits of published essays: from a new text to a revision and the edits of its messages.

The new text is saved and previewed first; nothing changes in the channel until it is applied. Then
one transaction makes it the newest revision and plans every call, so that it is completed even if
the process is killed (bot.delivery.message_edits makes the edits, bot.delivery.messages sends what
is new).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from bot.ask_button import remove_ask_buttons
from bot.clock import Clock
from bot.core.essay.essay import Essay, UnreadableEssay
from bot.core.essay.given_questions import split_questions, with_given_questions
from bot.core.essay.serialize import essay_from_json
from bot.core.extraction.corrections import (
    Corrections,
    apply_corrections,
    carry_over_corrections,
    set_author_names,
)
from bot.core.payload import Payload
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, use_language
from bot.discord_api.commands import CommandMentions
from bot.discord_api.permissions import Permissions
from bot.errors import UserError
from bot.languages import choose_essay_language, identify_language
from bot.publishing.authors import ChosenAuthors, check_authors
from bot.publishing.card import make_card
from bot.publishing.cover import ChosenCover
from bot.publishing.pictures import list_files
from bot.publishing.plan_revision import (
    RevisionPlan,
    get_edit_interval_ms,
    list_edits,
    list_payloads,
    plan_revision,
)
from bot.publishing.publish import Actor, Publishing
from bot.publishing.reader_process import fill_extracted_facts
from bot.publishing.retarget_prompts import count_missing, retarget_prompts
from storage.db.database import Database, retry_until_available
from storage.db.writer import Transaction
from storage.delivery import alerts
from storage.essays import (
    authors,
    deleted_messages,
    pending_revisions,
    pictures,
    posted_essays,
    submissions,
)
from storage.essays.pending_revisions import PendingRevision
from storage.essays.posted_essays import PostedEssay
from storage.essays.progress import Progress
from storage.essays.revisions import NewRevision
from storage.essays.submissions import Submission
from storage.servers import settings as settings_module
from storage.servers.audit_log import record_action
from storage.servers.settings import ServerSettings

__all__ = ["EditPreview", "Editing"]

_log = logging.getLogger(__name__)

_EDIT_NOT_FOUND = gettext_noop(
    "This edit was applied, discarded or replaced by another one. `/essay show` shows the essay's "
    "state."
)
_EDIT_IN_PROGRESS = gettext_noop(
    "Messages of the last edit aren't posted yet. Try again in a moment. `/essay show` shows the "
    "progress."
)
_OVERTAKEN = gettext_noop(
    "Another text of this essay was submitted after this one. `/essay show` shows the essay's "
    "state."
)
_HANDLED = gettext_noop("This was handled already. `/essay show` shows the essay's state.")
_NOT_EDITABLE = gettext_noop("This server has no such essay.")
_DRAFT = gettext_noop("This essay isn't published yet. Use `/essay show` to change the draft.")
_PUBLISHING = gettext_noop(
    "This essay is still being published. Edit it when all of its messages are posted."
)
_WITHDRAWN = gettext_noop("This essay was withdrawn. Use `/essay publish` to publish the new text.")
_THREAD_DELETED = gettext_noop(
    "The essay's own thread was deleted, and its text with it. Use `/essay publish` to publish the "
    "new text."
)
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class EditPreview:
    """An edit, and what it would change.

    ``problem``: what keeps it from being applied, "" if nothing. ``skipped``: planned prompts about
    what is removed. ``card``: the new opening card. ``authors``: the members who wrote it, once it
    is applied; ``old_authors``: so far.
    """

    edit: PendingRevision
    posted: PostedEssay
    old: Essay
    plan: RevisionPlan
    problem: CodedText | str
    skipped: int
    card: Payload
    authors: tuple[int, ...]
    old_authors: tuple[int, ...]


class Editing:
    """Saves new texts of published essays, previews what they change, and applies them."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        publishing: Publishing,
        permissions: Permissions,
        commands: CommandMentions,
        on_work: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._publishing = publishing
        self._permissions = permissions
        self._commands = commands
        self._on_work = on_work

    async def get_editable(self, discussion_id: int, server_id: int) -> PostedEssay:
        """The essay as it is posted; UserError if the server has none that can be edited."""
        posted = await self._database.read(
            lambda tx: posted_essays.find_posted_essay(tx, discussion_id)
        )
        if posted is not None and posted.server_id != server_id:
            posted = None
        return _check_editable(posted)

    async def create_edit(self, submission: Submission, *, cut_off: bool = False) -> int | None:
        """Read a saved submission and make an edit of it; its id, None if nothing changes.

        ``cut_off``: the bot stopped before the answer; then it doesn't replace a later text.
        Raises SalonError with a sentence for the admin; then nothing is saved.
        """
        try:
            return await self._create_edit(submission, cut_off=cut_off)
        except (UserError, UnreadableEssay):
            await retry_until_available(
                lambda: self._database.write(lambda tx: submissions.refuse(tx, submission.id))
            )
            raise

    async def _create_edit(self, submission: Submission, *, cut_off: bool) -> int | None:
        discussion_id = submission.essay_id
        assert discussion_id is not None
        posted = await self.get_editable(discussion_id, submission.server_id)
        source, essay, files = await self._publishing.read_essay(submission)
        digest = submissions.hash_submission([essay], submission.question)
        old = essay_from_json(json.loads(posted.essay))
        # A page has a source address, a file has none.
        essay = replace(essay, source_url=essay.source_url or old.source_url)
        # What a form asks for was preview in it and may be emptied there; a file leaves it alone.
        known = await fill_extracted_facts(old, posted.source, posted.source_name)
        essay = await asyncio.to_thread(
            carry_over_corrections, known, essay, titled=submission.title is not None
        )
        closing = posted.closing
        if submission.question is not None:
            closing = submission.question.strip() or None
        written_by = await self._database.read(lambda tx: authors.get_authors(tx, discussion_id))
        plan, notes = await self._plan_changes(posted, essay, closing, written_by)
        same = plan.is_same and _ignore_reading(essay) == _ignore_reading(old)
        same = same and closing == posted.closing
        revision = NewRevision(essay, source, submission.file_name, closing, notes)
        now_ms = self._clock.now_ms()

        async def keep(tx: Transaction) -> int | None:
            # The admin, who got no answer, may have submitted it again and applied that.
            if cut_off and (
                await submissions.has_accepted_duplicate(tx, submission, digest)
                or await submissions.has_newer_pending(tx, submission)
            ):
                raise UserError(_(_OVERTAKEN))
            if not await submissions.accept(tx, submission.id, digest):
                raise UserError(_(_HANDLED))
            if same:
                return None
            # Those of an edit that this one replaces aren't needed any more.
            await pictures.keep_used(tx, posted.discussion_id, list_files(old))
            await pictures.save_pictures(tx, posted.discussion_id, files, list_files(essay))
            return await pending_revisions.save(
                tx,
                discussion_id=posted.discussion_id,
                revision=revision,
                now_ms=now_ms,
            )

        # Retried until the database works: otherwise only the next start would finish it.
        return await retry_until_available(lambda: self._database.write(keep))

    async def resume_submission(self, submission: Submission) -> None:
        """Finish a submission of before a restart; nobody waits for the answer any more."""
        try:
            await self.create_edit(submission, cut_off=True)
        except (UserError, UnreadableEssay) as error:
            _log.warning("A revision submitted before the restart was rejected: %s", error)

    async def get_preview(self, edit_id: int, server_id: int) -> EditPreview:
        """An edit and what it would change; UserError if it doesn't exist any more."""

        async def look(
            tx: Transaction,
        ) -> tuple[PendingRevision, PostedEssay, tuple[int, ...], tuple[int, ...]] | None:
            edit = await pending_revisions.find(tx, edit_id)
            if edit is None:
                return None
            posted = await posted_essays.find_posted_essay(tx, edit.discussion_id)
            if posted is None:
                return None
            written_by = await authors.get_pending_authors(tx, edit_id)
            return edit, posted, written_by, await authors.get_authors(tx, edit.discussion_id)

        found = await self._database.read(look)
        if found is None or found[1].server_id != server_id:
            raise UserError(_(_EDIT_NOT_FOUND))
        edit, posted, written_by, written_by_before = found
        new, old = edit.revision.essay, essay_from_json(json.loads(posted.essay))
        plan, _notes = await self._plan_changes(posted, new, edit.revision.closing, written_by)
        asking = with_given_questions(old, posted.closing)
        then_asking = with_given_questions(new, edit.revision.closing)
        skipped = await self._database.read(
            lambda tx: count_missing(tx, posted.discussion_id, asking, then_asking)
        )
        problem = (
            _(_EDIT_IN_PROGRESS)
            if posted.is_unfinished
            else self._permissions.explain_cannot_host(posted.server_id, posted.channel_id) or ""
        )
        saves_all = (await self._get_settings(server_id)).saves_plain_messages(posted.channel_id)
        with use_language(await self._get_language(server_id, new)):
            card = make_card(new, self._commands, saves_all=saves_all)
        return EditPreview(
            edit, posted, old, plan, problem, skipped, card, written_by, written_by_before
        )

    async def correct_edit(self, edit_id: int, server_id: int, corrections: Corrections) -> None:
        """Apply an admin's corrections to a pending edit."""
        preview = await self.get_preview(edit_id, server_id)
        before = preview.edit.revision
        essay, closing = await asyncio.to_thread(
            apply_corrections, before.essay, before.closing, corrections
        )
        _plan, notes = await self._plan_changes(preview.posted, essay, closing, preview.authors)
        revision = replace(before, essay=essay, closing=closing, notes=notes)
        if not await self._database.write(
            lambda tx: pending_revisions.correct(tx, preview.edit, revision)
        ):
            raise UserError(_(_EDIT_NOT_FOUND))

    async def begin_edit(self, discussion_id: int, server_id: int) -> int:
        """Make an edit that changes nothing yet, or find the pending one; its id."""
        posted = await self.get_editable(discussion_id, server_id)
        pending = await self.find_pending(discussion_id)
        if pending is not None:
            return pending
        essay, source_name = essay_from_json(json.loads(posted.essay)), posted.source_name
        written_by = await self._database.read(lambda tx: authors.get_authors(tx, discussion_id))
        _plan, notes = await self._plan_changes(posted, essay, posted.closing, written_by)
        revision = NewRevision(essay, posted.source, source_name, posted.closing, notes)
        now_ms = self._clock.now_ms()

        async def begin(tx: Transaction) -> int:
            other = await pending_revisions.find_by_discussion(tx, discussion_id)
            if other is not None:
                return other.id
            return await pending_revisions.save(
                tx, discussion_id=discussion_id, revision=revision, now_ms=now_ms
            )

        return await self._database.write(begin)

    async def choose_authors_and_cover(
        self, preview: EditPreview, chosen: ChosenAuthors, cover: ChosenCover | None
    ) -> None:
        """Set a pending edit's authors and its cover; UserError if that isn't a picture.

        cover: None if it stays as it is
        """
        edit, discussion_id = preview.edit, preview.posted.discussion_id
        essay, copies = set_author_names(edit.revision.essay, chosen.names), dict[str, bytes]()
        if cover is not None:
            essay, copies = await self._publishing.set_cover(essay, cover)
        revision = replace(edit.revision, essay=essay)
        used = list_files(essay)

        async def save(tx: Transaction) -> bool:
            server_id = preview.posted.server_id
            await check_authors(tx, server_id, chosen.members)
            if not await pending_revisions.correct(tx, edit, revision):
                return False
            await pictures.save_pictures(tx, discussion_id, copies, used)
            await pictures.keep_used(tx, discussion_id, used | list_files(preview.old))
            await authors.set_pending_authors(tx, server_id, edit.id, chosen.members)
            return True

        if not await self._database.write(save):
            raise UserError(_(_EDIT_NOT_FOUND))

    async def find_pending(self, discussion_id: int) -> int | None:
        """The id of an essay's pending edit, if there is one."""
        edit = await self._database.read(
            lambda tx: pending_revisions.find_by_discussion(tx, discussion_id)
        )
        return None if edit is None else edit.id

    async def apply(self, edit_id: int, server_id: int, actor: Actor) -> tuple[EditPreview, int]:
        """Make an edit the essay's newest revision; delivery does the rest.

        Returns what was applied, and the revision's number.
        """
        for _attempt in range(_ATTEMPTS):
            preview = await self.get_preview(edit_id, server_id)
            _check_editable(preview.posted)
            if preview.problem:
                raise UserError(" ".join((str(preview.problem), _("Nothing was changed."))))
            number = await self._apply(preview, actor)
            if number is not None:
                self._on_work()
                return preview, number
        raise UserError(_("The essay was changed in the meantime. Please try again."))

    async def _apply(self, preview: EditPreview, actor: Actor) -> int | None:
        """Apply an edit; None if the essay's messages have changed since the preview."""
        now_ms = self._clock.now_ms()

        async def write(tx: Transaction) -> int | None:
            posted = await posted_essays.find_posted_essay(tx, preview.posted.discussion_id)
            if posted is None or _ignore_answers(posted) != _ignore_answers(preview.posted):
                return None
            written_by = await authors.get_pending_authors(tx, preview.edit.id)
            if written_by != preview.authors:
                return None
            if not await pending_revisions.discard(tx, preview.edit.id):
                raise UserError(_(_EDIT_NOT_FOUND))
            await authors.set_authors(tx, posted.server_id, posted.discussion_id, written_by)
            revision = preview.edit.revision
            await retarget_prompts(
                tx,
                posted.discussion_id,
                with_given_questions(preview.old, posted.closing),
                with_given_questions(revision.essay, revision.closing),
                now_ms,
            )
            plan = preview.plan
            revision = replace(
                revision,
                language=identify_language(revision.essay),
                given_questions=split_questions(revision.closing),
            )
            number = await posted_essays.save_revision(
                tx,
                posted,
                revision,
                payloads=list_payloads(plan),
                edits=list_edits(posted, plan),
                interval_ms=get_edit_interval_ms(posted, now_ms),
                added=plan.added,
                previous_part_id=plan.previous_part_id,
                now_ms=now_ms,
            )
            if not written_by:
                await remove_ask_buttons(tx, posted.server_id, [posted.discussion_id], now_ms)
            await pictures.keep_used(tx, posted.discussion_id, list_files(revision.essay))
            # The text of deleted messages is in others now.
            about = deleted_messages.make_alert_key(posted.discussion_id)
            await alerts.clear(tx, posted.server_id, about)
            await record_action(
                tx,
                server_id=posted.server_id,
                discussion_id=posted.discussion_id,
                member_id=actor.id,
                member_name=actor.name,
                action=make_coded("did-edit", number=number),
                now_ms=now_ms,
            )
            return number

        return await self._database.write(write)

    async def discard_edit(self, edit_id: int, server_id: int) -> None:
        """Delete a pending edit."""
        preview = await self.get_preview(edit_id, server_id)

        async def discard(tx: Transaction) -> None:
            if await pending_revisions.discard(tx, edit_id):
                used = list_files(preview.old)
                await pictures.keep_used(tx, preview.posted.discussion_id, used)

        await self._database.write(discard)

    async def get_progress(self, discussion_id: int) -> Progress:
        """The progress of the newest revision."""
        return await self._database.read(
            lambda tx: posted_essays.get_revision_progress(tx, discussion_id)
        )

    async def retry(self, discussion_id: int) -> None:
        """Retry what Discord refused of a revision."""
        now_ms = self._clock.now_ms()
        if not await self._database.write(
            lambda tx: posted_essays.retry_revision(tx, discussion_id, now_ms)
        ):
            raise UserError(_("There is nothing to retry."))
        self._on_work()

    async def _plan_changes(
        self,
        posted: PostedEssay,
        essay: Essay,
        closing: str | None,
        written_by: tuple[int, ...],
    ) -> tuple[RevisionPlan, tuple[CodedText, ...]]:
        settings = await self._get_settings(posted.server_id)
        with use_language(await self._get_language(posted.server_id, essay)):
            return await asyncio.to_thread(
                plan_revision,
                posted,
                essay,
                closing,
                self._commands,
                numbered=settings.show_passage_numbers,
                saves_all=settings.saves_plain_messages(posted.channel_id),
                has_answer=settings.answer_forms,
                has_author=bool(written_by),
            )

    async def _get_settings(self, server_id: int) -> ServerSettings:
        return await self._database.read(lambda tx: settings_module.get_settings(tx, server_id))

    async def _get_language(self, server_id: int, essay: Essay) -> str:
        """The language of what is posted under an essay."""
        return await self._database.read(lambda tx: choose_essay_language(tx, server_id, essay))


def _check_editable(posted: PostedEssay | None) -> PostedEssay:
    if posted is None:
        raise UserError(_(_NOT_EDITABLE))
    if posted.state in ("draft", "scheduled"):
        raise UserError(_(_DRAFT))
    if posted.state == "publishing":
        raise UserError(_(_PUBLISHING))
    if posted.state == "withdrawn":
        raise UserError(_(_WITHDRAWN))
    if posted.thread_lost:
        raise UserError(_(_THREAD_DELETED))
    return posted


def _ignore_reading(essay: Essay) -> Essay:
    """An essay without what only says how it was read, which a newer version may say otherwise."""
    return replace(essay, extracted=None, notes=())


def _ignore_answers(posted: PostedEssay) -> PostedEssay:
    """An essay's messages without what doesn't matter for applying a revision."""
    return replace(
        posted, messages=tuple(replace(message, answered=False) for message in posted.messages)
    )
