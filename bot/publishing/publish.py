"""Publishing: from a submission to a draft, and from a draft to planned messages.

A submission is saved before the command is acknowledged, so whatever was acknowledged is carried
out, even if the process is killed; an unfinished submission is resumed at the next start.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.clock import Clock
from bot.core.conversation.styles import (
    FORUM,
    TargetChannel,
    check_target_channel,
    choose_style,
)
from bot.core.essay.default_question import get_default_question
from bot.core.essay.essay import Essay, UnreadableEssay
from bot.core.essay.given_questions import split_questions
from bot.core.essay.source_format import Format
from bot.core.extraction.corrections import (
    Corrections,
    apply_corrections,
    carry_over_corrections,
    set_author_names,
)
from bot.core.layout.closing_message import make_closing_payload, render_closing_question
from bot.core.layout.layout import lay_out
from bot.core.layout.part_message import make_part_message
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.coded_text import CodedText, make_coded
from bot.core.text.titles import escape_title
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, use_language
from bot.discord_api.commands import CommandMentions
from bot.discord_api.permissions import Permissions
from bot.errors import UserError
from bot.languages import choose_essay_language, identify_language
from bot.publishing import change_state
from bot.publishing.authors import ChosenAuthors, check_authors
from bot.publishing.card import make_card
from bot.publishing.cover import ChosenCover, read_submitted_cover, set_cover
from bot.publishing.fetch_page import Page
from bot.publishing.pictures import FetchPicture, collect_pictures, list_files
from bot.publishing.reader_process import (
    count_chapters_in_child_process,
    fill_extracted_facts,
    read_in_child_process,
)
from storage.db.database import Database, retry_until_available
from storage.db.errors import DatabaseUnavailable
from storage.db.writer import Transaction, Work
from storage.delivery import essay_threads, message_edits
from storage.delivery.message_edits import NewMessageEdit
from storage.delivery.messages import NewMessage
from storage.essays import authors as author_rows
from storage.essays import discussions, drafts, progress, scheduled_essays, submissions
from storage.essays.discussions import ListedDiscussion
from storage.essays.drafts import Draft, DraftTarget, NewText
from storage.essays.pictures import keep_used, save_pictures
from storage.essays.progress import Progress
from storage.essays.revisions import NewRevision
from storage.essays.submissions import ALL_CHAPTERS, Submission
from storage.servers import settings as settings_module
from storage.servers.audit_log import record_action
from storage.servers.settings import ServerSettings

__all__ = [
    "MAX_CHAPTERS",
    "MAX_FILE_BYTES",
    "Actor",
    "ChapterDraft",
    "CreatedDrafts",
    "Preview",
    "Publishing",
]

_log = logging.getLogger(__name__)

#: The largest file that is read as an essay, in bytes: a book of 800,000 words.
MAX_FILE_BYTES = 5 * 1024 * 1024

#: Chapters of an EPUB that become drafts at once.
MAX_CHAPTERS = 25
_MAX_PICTURES = 50 * 1024 * 1024  # bytes of the pictures of these chapters

_HANDLED = gettext_noop("This essay was handled already. `/essay list` shows its state.")
_NOT_A_DRAFT = gettext_noop("This essay isn't a draft any more. Nothing was changed.")
_SUBMITTED_AGAIN = gettext_noop(
    "This essay was submitted again in the meantime. `/essay list` shows its state."
)
_NOTHING_TO_RETRY = gettext_noop("There is nothing to retry.")
_CANNOT_WITHDRAW = gettext_noop("Only a published essay can be withdrawn.")
_CANNOT_CLOSE = gettext_noop("Only an open essay can be closed.")
_CANNOT_REOPEN = gettext_noop("Only a closed essay can be opened again.")

#: The number of an essay's first revision.
_FIRST_REVISION = 1


@dataclass(frozen=True, slots=True)
class Actor:
    """The admin who acts; ``id`` is 0 if nobody in particular does."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ChapterDraft:
    """A draft that was made: the discussion's id, and the number of the chapter if it is one."""

    id: int
    title: str
    chapter: int | None


@dataclass(frozen=True, slots=True)
class CreatedDrafts:
    """The drafts that were made of a submission.

    skipped:   chapters that have no text or couldn't be read
    chapters:  their number, if each was to become a draft; those after the last one here weren't
               read
    """

    drafts: tuple[ChapterDraft, ...]
    skipped: tuple[int, ...] = ()
    chapters: int | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """What an essay is read from."""

    content: bytes | str
    format: Format
    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class _ReadEssay:
    """An essay with the bytes of its pictures by name; ``chapter`` if each is read on its own."""

    essay: Essay
    pictures: dict[str, bytes]
    chapter: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft, and what an admin should know before publishing it.

    ``problem``: what keeps it from being published there, "" if nothing. ``duplicate``: the same
    essay, if it is in that channel already. ``plan``: the prompts that will follow, as admins write
    them. ``server_style``: the style in the server's settings. ``target_channel``: None if the bot
    can't see it. ``default_question``: what prompts ask if the essay has no question left, in the
    language they are posted in. ``authors``: the members who wrote it.
    language they are posted in. ``ping_problem``: why the role can't be mentioned, "" if it can.
    ``pins``: the card will be pinned; ``pin_problem``: what keeps it from that.
    ``tells_followers``: a message will be published to the channel's followers.
    """

    draft: Draft
    problem: CodedText | str
    duplicate: ListedDiscussion | None
    plan: str
    server_style: str
    target_channel: TargetChannel | None
    default_question: str
    authors: tuple[int, ...]
    ping_problem: CodedText | str = ""
    pins: bool = False
    pin_problem: CodedText | str = ""
    tells_followers: bool = False


class Publishing:
    """Makes drafts of submissions, and publishes, closes and withdraws essays.

    ``fetch_file``: downloads an attachment by its URL; ``fetch_page``: fetches a web page;
    ``fetch_picture``: fetches a picture of an essay.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        fetch_file: Callable[[str], Awaitable[bytes]],
        fetch_page: Callable[[str], Awaitable[Page]],
        fetch_picture: FetchPicture,
        permissions: Permissions,
        commands: CommandMentions,
        on_work: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._fetch_file = fetch_file
        self._fetch_page = fetch_page
        self._fetch_picture = fetch_picture
        self._permissions = permissions
        self._commands = commands
        self._on_work = on_work
        self._handled: set[int] = set()  # submissions that this process received

    # -- submissions --------------------------------------------------------------------------

    async def save_submission(self, submission: Submission) -> None:
        """Save a submission; after this it may be acknowledged."""
        self._handled.add(submission.id)
        now_ms = self._clock.now_ms()
        await self._database.write(lambda tx: submissions.save(tx, submission, now_ms))

    async def create_drafts(
        self, submission: Submission, *, cut_off: bool = False
    ) -> CreatedDrafts:
        """Read a saved submission and make a draft of it, or one of each chapter.

        If the same essay is a draft in that channel already, that is returned. ``cut_off``: the
        bot stopped before the answer, so the admin may have submitted it again since, and published
        or discarded that. Raises SalonError with a sentence for the admin; then nothing is saved.
        """
        try:
            return await self._create_drafts(submission, cut_off=cut_off)
        except (UserError, UnreadableEssay):
            await self._refuse(submission)
            raise

    async def resume_submissions(
        self, edit: Callable[[Submission], Awaitable[None]], shards: Shards = UNSHARDED
    ) -> None:
        """Finish the submissions of before a restart; nobody waits for the answer any more.

        ``edit``: finishes a new text of a published essay. ``shards``: in whose servers.
        Submissions that this process received are skipped: after a reconnection they are still in
        progress.
        """
        is_rest = False
        for submission in await self._database.read(submissions.list_unfinished):
            if submission.id in self._handled:
                continue
            if not shards.has_server(submission.server_id):
                is_rest = True
                continue
            self._handled.add(submission.id)
            try:
                if submission.essay_id is not None:
                    if await self._is_draft(submission.essay_id):
                        await self.replace_text(submission, cut_off=True)
                    else:
                        await edit(submission)
                    continue
                created = await self.create_drafts(submission, cut_off=True)
            except (UserError, UnreadableEssay) as error:
                _log.warning("An essay submitted before the restart was rejected: %s", error)
            except DatabaseUnavailable:
                self._handled.discard(submission.id)  # it is resumed once more
                raise
            else:
                for draft in created.drafts:
                    _log.info("An essay submitted before the restart is now draft %d.", draft.id)
        if not is_rest:
            await self._database.write(submissions.delete_hashes)

    async def _is_draft(self, discussion_id: int) -> bool:
        draft = await self._database.read(lambda tx: drafts.find(tx, discussion_id))
        return draft is not None and draft.state in ("draft", "scheduled")

    async def _create_drafts(self, submission: Submission, *, cut_off: bool) -> CreatedDrafts:
        data = await self._fetch_source(submission)
        source = data.content if isinstance(data.content, bytes) else data.content.encode()
        chapters = None
        if submission.chapter == ALL_CHAPTERS:
            chapters, essays, skipped = await self._read_chapters(data, submission, source)
        else:
            essays, skipped = [await self._read_with_pictures(data, submission, source)], ()
        closing = (submission.question or "").strip() or None
        settings = await self._get_settings(submission.server_id)
        ping_role = submission.ping_role or settings.ping_role
        laid_out = [
            await self._plan_messages(
                submission.server_id,
                submission.channel_id,
                one.essay,
                closing,
                settings,
                ping_role=ping_role,
            )
            for one in essays
        ]
        now_ms, target_channel = (
            self._clock.now_ms(),
            self._permissions.get_target_channel(submission.server_id, submission.channel_id),
        )
        digest = submissions.hash_submission([one.essay for one in essays], submission.question)

        async def keep(tx: Transaction) -> CreatedDrafts:
            server_style = (await settings_module.get_settings(tx, submission.server_id)).style
            if cut_off and await submissions.has_accepted_duplicate(tx, submission, digest):
                raise UserError(_(_SUBMITTED_AGAIN))
            accepted = await submissions.accept(tx, submission.id, digest)
            made: list[ChapterDraft] = []
            for one, (planned, notes) in zip(essays, laid_out, strict=True):
                essay = one.essay
                parts = sum(message.purpose == "part" for message in planned)
                style = choose_style(target_channel, submission.style, server_style, parts)
                revision = NewRevision(
                    essay,
                    source,
                    submission.file_name,
                    closing,
                    notes,
                    identify_language(essay),
                    split_questions(closing),
                )
                draft_id = await _find_same_draft(
                    tx, submission, revision, {before.id for before in made}
                )
                if draft_id is None:
                    if not accepted:
                        raise UserError(_(_HANDLED))
                    draft_id = await drafts.create(
                        tx,
                        submission=submission,
                        revision=revision,
                        planned=planned,
                        target=DraftTarget(
                            submission.channel_id,
                            style,
                            submission.tags,
                            has_followers=_has_followers(target_channel),
                            ping_role=ping_role,
                        ),
                        now_ms=now_ms,
                    )
                    await save_pictures(tx, draft_id, one.pictures, list_files(essay))
                elif submission.style or submission.tags:
                    await drafts.set_style(tx, draft_id, style, submission.tags or None)
                made.append(ChapterDraft(draft_id, essay.title, one.chapter))
            return CreatedDrafts(tuple(made), skipped, chapters)

        # Retried until the database works: otherwise only the next start would finish it.
        return await retry_until_available(lambda: self._database.write(keep))

    async def _get_settings(self, server_id: int) -> ServerSettings:
        return await self._database.read(lambda tx: settings_module.get_settings(tx, server_id))

    async def read_essay(self, submission: Submission) -> tuple[bytes, Essay, dict[str, bytes]]:
        """The source of a submission, the essay read from it, with the title that was given, and
        its pictures.

        Raises SalonError if it can't be fetched or read.
        """
        data = await self._fetch_source(submission)
        source = data.content if isinstance(data.content, bytes) else data.content.encode()
        read = await self._read_with_pictures(data, submission, source)
        return source, read.essay, read.pictures

    async def _fetch_source(self, submission: Submission) -> _Source:
        if submission.page_url is not None:
            page = await self._fetch_page(submission.page_url)
            return _Source(page.data, page.format, address=page.address)
        if submission.text is not None:
            # A pasted text is Markdown, like everything typed into Discord.
            return _Source(submission.text, "markdown")
        content = await self._fetch_file(submission.file_url or "")
        if len(content) > MAX_FILE_BYTES:
            raise UserError(
                _("The file is larger than {size} MiB.", size=MAX_FILE_BYTES // 1024 // 1024)
            )
        return _Source(content, "auto", submission.file_name)

    async def _read_with_pictures(
        self, data: _Source, submission: Submission, source: bytes, chapter: int | None = None
    ) -> _ReadEssay:
        """Read an essay and collect its pictures; ``chapter``: instead of the submission's."""
        essay = await read_in_child_process(
            data.content,
            data.format,
            data.name,
            address=data.address,
            title=submission.title,
            chapter=submission.chapter if chapter is None else chapter,
        )
        essay, pictures = await collect_pictures(essay, source, self._fetch_picture)
        if submission.cover is not None:
            essay, copies = await self.set_cover(essay, read_submitted_cover(submission.cover))
            pictures = pictures | copies
        return _ReadEssay(essay, pictures, chapter)

    async def _read_chapters(
        self, data: _Source, submission: Submission, source: bytes
    ) -> tuple[int, list[_ReadEssay], tuple[int, ...]]:
        """The number of an EPUB's chapters, those that were read, and those that couldn't be.

        Stops after MAX_CHAPTERS, or when the pictures have become too many to keep in memory.
        """
        count = await count_chapters_in_child_process(data.content)
        found: list[_ReadEssay] = []
        skipped: list[int] = []
        error = None
        for chapter in range(1, min(count, MAX_CHAPTERS) + 1):
            try:
                found.append(await self._read_with_pictures(data, submission, source, chapter))
            except UnreadableEssay as raised:
                error = raised
                skipped.append(chapter)
            if sum(len(one) for read in found for one in read.pictures.values()) > _MAX_PICTURES:
                break
        if error is not None and not found:
            raise error
        return count, found, tuple(skipped)

    # -- drafts -------------------------------------------------------------------------------

    async def get_preview(self, discussion_id: int, server_id: int) -> Preview:
        """A draft with what an admin should know; UserError if the server has no such essay."""

        async def look(
            tx: Transaction,
        ) -> tuple[Draft, ListedDiscussion | None, ServerSettings, str, tuple[int, ...]]:
            draft = await drafts.find(tx, discussion_id)
            if draft is None or draft.server_id != server_id:
                raise UserError(_("This draft was discarded."))
            duplicate = await discussions.find_same_essay(
                tx, draft.channel_id, draft.essay, besides=draft.id
            )
            settings = await settings_module.get_settings(tx, server_id)
            return (
                draft,
                duplicate,
                settings,
                await choose_essay_language(tx, server_id, draft.essay),
                await author_rows.get_authors(tx, draft.id),
            )

        draft, duplicate, settings, language, authors = await self._database.read(look)
        with use_language(language):
            default_question = get_default_question(identify_language(draft.essay))
        target_channel = self._permissions.get_target_channel(draft.server_id, draft.channel_id)
        ping_problem = pin_problem = None
        if draft.ping_role is not None:
            ping_problem = self._permissions.explain_cannot_ping(
                draft.server_id, draft.channel_id, draft.ping_role
            )
        pins = settings.pins_cards and draft.style != FORUM
        if pins:
            pin_problem = self._permissions.explain_cannot_pin(draft.server_id, draft.channel_id)
        return Preview(
            draft,
            self._find_problem(draft),
            duplicate,
            settings.plan_text,
            settings.style,
            target_channel,
            default_question,
            authors,
            ping_problem=ping_problem or "",
            pins=pins,
            pin_problem=pin_problem or "",
            tells_followers=settings.tells_followers and _has_followers(target_channel),
        )

    def _find_problem(self, draft: Draft) -> CodedText | str:
        """What keeps a draft from being published, as a sentence; "" if nothing does."""
        target_channel = self._permissions.get_target_channel(draft.server_id, draft.channel_id)
        place = "" if target_channel is None else check_target_channel(target_channel, draft.tags)
        return (
            place or self._permissions.explain_cannot_host(draft.server_id, draft.channel_id) or ""
        )

    async def set_style(self, discussion_id: int, style: str) -> None:
        """Set a draft's style; a forum post stays one."""
        if not await self._database.write(lambda tx: drafts.set_style(tx, discussion_id, style)):
            raise UserError(_(_NOT_A_DRAFT))

    async def set_tags(self, discussion_id: int, tags: tuple[int, ...]) -> None:
        """Set the tags of a forum post that isn't posted yet."""
        if not await self._database.write(lambda tx: drafts.set_tags(tx, discussion_id, tags)):
            raise UserError(
                _("This essay was posted already, or it isn't a forum post. Nothing was changed.")
            )

    async def correct_draft(self, preview: Preview, corrections: Corrections) -> None:
        """Apply an admin's corrections to a draft and lay it out again."""
        draft = preview.draft
        known = await fill_extracted_facts(draft.essay, draft.source, draft.source_name)
        essay, closing = await asyncio.to_thread(
            apply_corrections, known, draft.closing, corrections
        )
        await self._replace_draft(draft, essay, closing, {})

    async def choose_authors_and_cover(
        self, preview: Preview, authors: ChosenAuthors, cover: ChosenCover | None
    ) -> None:
        """Set a draft's authors and its cover; UserError if that isn't a picture.

        cover: None if it stays as it is
        """
        draft = preview.draft
        essay, copies = set_author_names(draft.essay, authors.names), dict[str, bytes]()
        if cover is not None:
            essay, copies = await self.set_cover(essay, cover)
        await self._replace_draft(draft, essay, draft.closing, copies, authors.members)

    async def set_cover(self, essay: Essay, chosen: ChosenCover) -> tuple[Essay, dict[str, bytes]]:
        """The essay with a cover, and the cover's copy; see :func:`bot.publishing.cover`."""
        return await set_cover(
            essay, chosen, fetch_file=self._fetch_file, fetch_picture=self._fetch_picture
        )

    async def _plan_messages(
        self,
        server_id: int,
        channel_id: int,
        essay: Essay,
        closing: str | None,
        settings: ServerSettings,
        *,
        has_author: bool = False,
        ping_role: int | None,
    ) -> tuple[list[NewMessage], tuple[CodedText, ...]]:
        """The messages of an essay in its own language; see :func:`_plan_messages`."""
        language = await self._database.read(lambda tx: choose_essay_language(tx, server_id, essay))
        channel = self._permissions.get_target_channel(server_id, channel_id)
        in_forum = channel is not None and channel.is_forum
        with use_language(language):
            return await asyncio.to_thread(
                _plan_messages,
                essay,
                closing,
                self._commands,
                numbered=settings.show_passage_numbers,
                saves_all=settings.saves_plain_messages(channel_id) and not in_forum,
                has_answer=settings.answer_forms,
                has_author=has_author,
                ping_role=ping_role,
            )

    async def _replace_draft(
        self,
        draft: Draft,
        essay: Essay,
        closing: str | None,
        copies: Mapping[str, bytes],
        authors: tuple[int, ...] | None = None,
        *,
        channel_id: int | None = None,
        text: NewText | None = None,
        accept: Callable[[Transaction], Awaitable[None]] | None = None,
    ) -> None:
        """Lay a draft's essay out again and save it with new pictures; UserError if it is none.

        authors:     None if they stay as they are
        channel_id:  the channel to publish it in from now on; None if that stays
        text:        what a new text was read from
        accept:      called in the same transaction
        """
        settings = await self._get_settings(draft.server_id)
        channel_id = channel_id or draft.channel_id
        written_by = authors
        if written_by is None:
            written_by = await self._database.read(lambda tx: author_rows.get_authors(tx, draft.id))
        planned, notes = await self._plan_messages(
            draft.server_id,
            channel_id,
            essay,
            closing,
            settings,
            has_author=bool(written_by),
            ping_role=draft.ping_role,
        )
        target = self._choose_target(draft, channel_id, settings, planned)
        now_ms = self._clock.now_ms()

        async def replace_content(tx: Transaction) -> bool:
            if authors is not None:
                await check_authors(tx, draft.server_id, authors)
            if accept is not None:
                await accept(tx)
            if not await drafts.replace_content(
                tx,
                draft.id,
                essay=essay,
                closing=closing,
                given_questions=split_questions(closing),
                notes=notes,
                planned=planned,
                target=target,
                now_ms=now_ms,
                text=text,
            ):
                return False
            await save_pictures(tx, draft.id, copies, list_files(essay))
            await keep_used(tx, draft.id, list_files(essay))
            if authors is not None:
                await author_rows.set_authors(tx, draft.server_id, draft.id, authors)
            return True

        if not await self._database.write(replace_content):
            raise UserError(_(_NOT_A_DRAFT))

    def _choose_target(
        self,
        draft: Draft,
        channel_id: int,
        settings: ServerSettings,
        planned: Sequence[NewMessage],
    ) -> DraftTarget:
        """Where and how a draft will be published, in its channel or in another one."""
        channel = self._permissions.get_target_channel(draft.server_id, channel_id)
        style, tags = draft.style, draft.tags
        if channel_id != draft.channel_id:
            parts = sum(message.purpose == "part" for message in planned)
            asked = None if draft.style == FORUM else draft.style
            style, tags = choose_style(channel, asked, settings.style, parts), ()
        return DraftTarget(channel_id, style, tags, _has_followers(channel), draft.ping_role)

    async def change_channel(self, preview: Preview, channel_id: int) -> None:
        """Have a draft published in another channel."""
        draft = preview.draft
        await self._replace_draft(draft, draft.essay, draft.closing, {}, channel_id=channel_id)

    async def set_ping_role(self, preview: Preview, role_id: int | None) -> None:
        """Choose the role that a draft's card mentions; None for nobody."""
        draft = replace(preview.draft, ping_role=role_id)
        await self._replace_draft(draft, draft.essay, draft.closing, {})

    async def replace_text(self, submission: Submission, *, cut_off: bool = False) -> int:
        """Read a saved submission, and make it the text of the draft that it is for; its number.

        The draft keeps its number, its schedule, its closing question and what an admin corrected,
        and moves to the submission's channel. ``cut_off``: the bot stopped before the answer; then
        it doesn't replace a later text. Raises SalonError with a sentence for the admin; then
        nothing is saved.
        """
        try:
            return await self._replace_text(submission, cut_off=cut_off)
        except (UserError, UnreadableEssay):
            await self._refuse(submission)
            raise

    async def _replace_text(self, submission: Submission, *, cut_off: bool) -> int:
        assert submission.essay_id is not None
        preview = await self.get_preview(submission.essay_id, submission.server_id)
        draft = preview.draft
        if draft.state not in ("draft", "scheduled"):
            raise UserError(_(_NOT_A_DRAFT))
        source, essay, files = await self.read_essay(submission)
        # A page has a source address, a file has none.
        essay = replace(essay, source_url=essay.source_url or draft.essay.source_url)
        known = await fill_extracted_facts(draft.essay, draft.source, draft.source_name)
        essay = await asyncio.to_thread(carry_over_corrections, known, essay, titled=False)
        digest = submissions.hash_submission([essay], submission.question)

        async def accept(tx: Transaction) -> None:
            if cut_off and await submissions.has_newer_accepted(tx, submission):
                raise UserError(_(_SUBMITTED_AGAIN))
            if not await submissions.accept(tx, submission.id, digest):
                raise UserError(_(_HANDLED))

        # Retried until the database works: otherwise only the next start would finish it.
        await retry_until_available(
            lambda: self._replace_draft(
                draft,
                essay,
                draft.closing,
                files,
                channel_id=submission.channel_id,
                text=NewText(source, submission.file_name, identify_language(essay)),
                accept=accept,
            )
        )
        return draft.id

    async def _refuse(self, submission: Submission) -> None:
        """Record that a submission was refused."""
        await retry_until_available(
            lambda: self._database.write(lambda tx: submissions.refuse(tx, submission.id))
        )

    async def publish(self, discussion_id: int, actor: Actor, after_id: int) -> None:
        """Plan the messages of a draft; delivery sends them.

        ``after_id``: an id of Discord's from before now, such as that of the interaction.
        """
        draft = await self._database.read(lambda tx: drafts.find(tx, discussion_id))
        if draft is None:
            raise UserError(_("This draft was discarded. Nothing was published."))
        problem = self._find_problem(draft)
        if problem:
            raise UserError(" ".join((str(problem), _("Nothing was published."))))
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
            title = escape_title(draft.essay.title)
            raise UserError(
                _("“{title}” isn't a draft any more. `/essay show` shows its state.", title=title)
            )
        self._on_work()

    async def schedule(self, discussion_id: int, actor: Actor, at_ms: int) -> None:
        """Publish a draft at ``at_ms`` (milliseconds since 1970), instead of an earlier time."""
        now_ms = self._clock.now_ms()
        if not await self._database.write(
            lambda tx: scheduled_essays.schedule(
                tx,
                discussion_id,
                at_ms=at_ms,
                member_id=actor.id,
                member_name=actor.name,
                now_ms=now_ms,
            )
        ):
            raise UserError(_(_NOT_A_DRAFT))
        self._on_work()

    async def discard_draft(self, discussion_id: int) -> None:
        """Delete a draft."""
        now_ms = self._clock.now_ms()
        if not await self._database.write(lambda tx: drafts.discard(tx, discussion_id, now_ms)):
            raise UserError(_(_NOT_A_DRAFT))
        self._on_work()

    # -- published essays --------------------------------------------------------------------

    async def get_progress(self, discussion_id: int) -> Progress:
        """The progress of a publishing."""
        return await self._database.read(lambda tx: progress.get_progress(tx, discussion_id))

    async def retry(self, discussion_id: int) -> None:
        """Retry what Discord refused of a publishing; UserError if it would be refused again."""
        draft = await self._database.read(lambda tx: drafts.find(tx, discussion_id))
        target_channel = (
            None
            if draft is None
            else self._permissions.get_target_channel(draft.server_id, draft.channel_id)
        )
        if draft is not None and target_channel is not None and not draft.card_sent:
            problem = check_target_channel(target_channel, draft.tags)
            if problem:
                raise UserError(problem)
        now_ms = self._clock.now_ms()
        if not await self._database.write(lambda tx: _retry(tx, discussion_id, now_ms)):
            raise UserError(_(_NOTHING_TO_RETRY))
        self._on_work()

    async def withdraw(self, discussion_id: int, actor: Actor) -> None:
        """Withdraw an essay: delete what the bot posted, lock threads, keep members' messages."""
        now_ms = self._clock.now_ms()
        await self._change(
            discussion_id,
            actor,
            lambda tx: change_state.withdraw(tx, discussion_id, now_ms),
            what=make_coded("did-withdraw"),
            otherwise=_CANNOT_WITHDRAW,
        )

    async def change_state(self, discussion_id: int, actor: Actor, *, to: str) -> None:
        """Close an open discussion (``to`` "closed") or open a closed one ("open")."""
        before = {"closed": "open", "open": "closed"}[to]
        now_ms = self._clock.now_ms()
        await self._change(
            discussion_id,
            actor,
            lambda tx: change_state.change_state(
                tx, discussion_id, before=before, after=to, now_ms=now_ms
            ),
            what=make_coded("did-close" if to == "closed" else "did-reopen"),
            otherwise=_CANNOT_CLOSE if to == "closed" else _CANNOT_REOPEN,
        )

    async def _change(
        self,
        discussion_id: int,
        actor: Actor,
        change: Work[int | None],
        *,
        what: CodedText,
        otherwise: str,
    ) -> None:
        """Make ``change`` and write it to the audit log; UserError if it changes nothing.

        ``change`` returns the server's id, or None. ``otherwise``: the error's sentence.
        """
        now_ms = self._clock.now_ms()

        async def changed(tx: Transaction) -> None:
            found = await change(tx)
            if found is None:
                raise UserError(_(otherwise))
            await record_action(
                tx,
                server_id=found,
                discussion_id=discussion_id,
                member_id=actor.id,
                member_name=actor.name,
                action=what,
                now_ms=now_ms,
            )

        await self._database.write(changed)
        self._on_work()


def _has_followers(channel: TargetChannel | None) -> bool:
    return channel is not None and channel.is_announcement


async def _find_same_draft(
    tx: Transaction, submission: Submission, revision: NewRevision, besides: set[int]
) -> int | None:
    """The draft that was made of the same submission, unless it is one of ``besides``."""
    # With another title or question it is another draft.
    given = bool(submission.title or submission.question)
    for same_id in await discussions.list_same_drafts(tx, submission.channel_id, revision.essay):
        if same_id not in besides and await _is_draft_of(tx, same_id, revision, given=given):
            return same_id
    return None


async def _is_draft_of(
    tx: Transaction, draft_id: int, revision: NewRevision, *, given: bool
) -> bool:
    """Whether a draft was made of the same submission, perhaps corrected since.

    The same text with another title, byline or epigraph is another draft. ``given``: a title or
    question was submitted with it; then the draft must have these.
    """
    draft = await drafts.find(tx, draft_id)
    assert draft is not None
    if given:
        return draft.essay == revision.essay and draft.closing == revision.closing
    # Chapters of one file may have the same text, but not the same title.
    read_alike = draft.essay.extracted in (None, revision.essay.extracted)
    return (draft.source == revision.source and read_alike) or draft.essay == revision.essay


def _plan_messages(
    essay: Essay,
    closing: str | None,
    commands: CommandMentions,
    *,
    numbered: bool,
    saves_all: bool,
    has_answer: bool,
    has_author: bool,
    ping_role: int | None,
) -> tuple[list[NewMessage], tuple[CodedText, ...]]:
    """The messages of an essay, in order, and notes on what can't be shown as it was."""
    layout = lay_out(essay, numbered=numbered)
    card = make_card(essay, commands, saves_all=saves_all, ping_role=ping_role)
    planned = [NewMessage("card", card)]
    planned += [
        NewMessage(
            "part",
            make_part_message(part),
            tuple((_FIRST_REVISION, number) for number in part.passages),
            part.item_range,
        )
        for part in layout.parts
    ]
    given = split_questions(closing)
    asked = render_closing_question(given) if given else layout.closing
    closing_payload = make_closing_payload(asked, has_answer=has_answer, has_author=has_author)
    planned.append(NewMessage("closing", closing_payload))
    return planned, (*essay.notes, *layout.notes)


async def _retry(tx: Transaction, discussion_id: int, now_ms: int) -> int:
    """Retry the messages of an essay that Discord refused; their number.

    If the essay's own thread is lost, its card is deleted and all of the essay is posted again.
    """
    lost = await essay_threads.find_lost_card(tx, discussion_id)
    if lost is None:
        return await progress.retry(tx, discussion_id, now_ms)
    if lost.message_id is not None:
        await message_edits.plan(
            tx,
            server_id=lost.server_id,
            discussion_id=discussion_id,
            edits=[NewMessageEdit("delete", lost.card_channel_id, lost.message_id)],
            now_ms=now_ms,
        )
    return await essay_threads.plan_again(tx, discussion_id, lost, now_ms)
