"""Changes to replies and their rows, collected from a batch of events and written together.

:class:`Changes` collects the changes of a batch in order and writes them together, since a visit
to the database's thread for each would be half of what recording costs.
"""

from __future__ import annotations

import itertools
from operator import itemgetter
from typing import Any

from bot.clock import to_milliseconds
from bot.core.conversation.events import Attachment, Message
from bot.core.conversation.forwards_polls_stickers import Extras, extras_to_columns
from bot.core.text.folding import fold_unless_lower
from storage.db.erasure_log import ERASED_AUTHOR_ID
from storage.db.folded_texts import fold_all
from storage.db.writer import Transaction
from storage.replies import forwards_polls_stickers
from storage.replies.proxied_replies import (
    HOLD_ORIGINAL,
    INSERT_CANDIDATE,
    INSERT_PROXIED,
    MAX_CANDIDATE_AGE,
    PURGE_CANDIDATES,
    REMOVE_ORIGINAL,
    SETTLE_PROXIED,
    Candidate,
)

__all__ = ["DELETE_ORPHANED_FILES", "ERASE_REPLY", "MARK_COPY_STALE", "Changes"]


class Changes:
    """Changes to rows, collected in order and written at once. Moments are milliseconds."""

    def __init__(self) -> None:
        self._changes: list[tuple[str, dict[str, Any]]] = []
        # Written first: among the replies, they would part those that are inserted together.
        self._watched: list[dict[str, Any]] = []
        # Whether some change may leave replies that are to be folded.
        self._needs_folding = False

    def add(self, statement: str, row: dict[str, Any]) -> None:
        """Add one change after all that were added before."""
        self._changes.append((statement, row))

    async def write(self, tx: Transaction) -> None:
        """Write all changes; consecutive ones of one kind go in one call."""
        if self._changes or self._watched:
            async with tx.pipeline():
                await self.write_early(tx)
        if self._needs_folding:
            await fold_all(tx)
            self._needs_folding = False

    async def write_early(self, tx: Transaction) -> None:
        """Write what was added so far, in a pipeline; :meth:`write` has to be called later."""
        watched, self._watched = self._watched, []
        added, self._changes = self._changes, []
        await tx.run_many(_WATCH_THREAD, watched)
        for statement, changes in itertools.groupby(added, key=itemgetter(0)):
            await tx.run_many(statement, [row for _, row in changes])

    # -- replies --------------------------------------------------------------------------------

    def insert_reply(
        self,
        message: Message,
        *,
        discussion_id: int,
        parent_id: int | None,
        thread_id: int | None,
        planned_message_id: int | None,
    ) -> None:
        """Save a message as a reply; does nothing if it is saved already."""
        edited_at = message.edited_at
        row = {
            "id": message.id,
            "server_id": message.server_id,
            "discussion_id": discussion_id,
            "channel_id": message.channel_id,
            "parent_id": parent_id,
            "thread_id": thread_id,
            "planned_message_id": planned_message_id,
            "author_id": message.author_id,
            "author_name": message.author_name,
            "text": message.text,
            "folded": fold_unless_lower(message.text),
            "written_at": to_milliseconds(message.written_at),
            "edited_at": None if edited_at is None else to_milliseconds(edited_at),
        }
        self.add(_INSERT_REPLY, row)

    def insert_extras(self, reply_id: int, more: Extras) -> None:
        """Save the forwarded message, poll and stickers of a reply, unless it was deleted."""
        self.add(
            forwards_polls_stickers.INSERT_EXTRAS, {"reply_id": reply_id, **extras_to_columns(more)}
        )
        self._needs_folding = True

    def edit_extras(self, reply_id: int, more: Extras, edited_at: int | None) -> None:
        """Change the extras of a reply, unless it was deleted or has a newer edit."""
        row = {"reply_id": reply_id, "edited_at": edited_at, **extras_to_columns(more)}
        self.add(forwards_polls_stickers.INSERT_EDITED_EXTRAS, row)
        self._needs_folding = True

    def insert_proxied(
        self,
        reply_id: int,
        *,
        server_id: int,
        original_id: int | None,
        author_id: int,
        reference_id: int | None,
    ) -> None:
        """Note what a reply that an app reposted replaces; None if that isn't known."""
        row = {
            "reply_id": reply_id,
            "server_id": server_id,
            "original_id": original_id,
            "author_id": author_id,
            "reference_id": reference_id,
        }
        self.add(INSERT_PROXIED, row)

    def remove_original(
        self, original_id: int, reply_id: int, discussion_id: int, now_ms: int
    ) -> None:
        """Remove a reply that an app reposted as ``reply_id``."""
        row = {
            "original_id": original_id,
            "reply_id": reply_id,
            "discussion_id": discussion_id,
            "now": now_ms,
        }
        for statement in REMOVE_ORIGINAL:
            self.add(statement, row)

    def insert_candidate(self, one: Candidate, *, now_ms: int, until_ms: int) -> None:
        """Note a message that a reply may replace; its thread isn't opened until ``until_ms``."""
        row = {
            "reply_id": one.reply.reply_id,
            "original_id": one.original_id,
            "author_id": one.author_id,
            "reference_id": one.reference_id,
            "score": one.score,
        }
        self.add(INSERT_CANDIDATE, row)
        held = {"original_id": one.original_id, "now": now_ms, "until": until_ms}
        for statement in HOLD_ORIGINAL:
            self.add(statement, held)

    def purge_candidates(self, server_id: int, reply_id: int) -> None:
        """Forget which messages the replies long before this one may replace."""
        row = {"server_id": server_id, "before_id": reply_id - MAX_CANDIDATE_AGE}
        self.add(PURGE_CANDIDATES, row)

    def settle_proxied(self, one: Candidate, discussion_id: int, now_ms: int) -> None:
        """A reply replaces this candidate, which is in a discussion."""
        row = {
            "reply_id": one.reply.reply_id,
            "original_id": one.original_id,
            "author_id": one.author_id,
            "reference_id": one.reference_id,
            "discussion_id": discussion_id,
            "now": now_ms,
        }
        for statement in SETTLE_PROXIED:
            self.add(statement, row)

    def set_opened_thread(self, reply_id: int) -> None:
        """A thread is opened on a reply in a channel that had none."""
        self.add(_SET_OPENED_THREAD, {"id": reply_id})

    def insert_part_passages(
        self, message: Message, *, discussion_id: int, planned_message_id: int
    ) -> None:
        """Note that a reply answers all passages of the message it replies to."""
        row = {
            "id": message.id,
            "planned_message_id": planned_message_id,
            "discussion_id": discussion_id,
            "written_at": to_milliseconds(message.written_at),
        }
        self.add(_INSERT_PART_PASSAGES, row)

    def set_parent(self, reply_id: int, parent_id: int | None) -> None:
        """Change which reply a reply answers; None for the essay itself."""
        self.add(_SET_PARENT, {"id": reply_id, "parent_id": parent_id})

    def add_pending_parent(self, reply_id: int, reference_id: int) -> None:
        """Note that a reply answers a message that hasn't been recorded yet."""
        self.add(_ADD_PENDING_PARENT, {"id": reply_id, "reference_id": reference_id})

    def resolve_pending_parents(self, reply_id: int, discussion_id: int) -> None:
        """A reply was recorded: set it as the parent of the replies that waited for it."""
        row = {"id": reply_id, "discussion_id": discussion_id}
        self.add(_SET_PENDING_PARENT, row)
        self.add(_DELETE_PENDING_PARENT, row)

    def edit_reply(self, reply_id: int, text: str, edited_at: int | None) -> None:
        """Change a reply's text, unless it was deleted or has a newer edit."""
        self.add(_EDIT_REPLY, {"id": reply_id, "text": text, "edited_at": edited_at})
        self._needs_folding = True

    def name_author(self, reply_id: int, name: str) -> None:
        """Set the name of a reply's author, unless their data or the reply was erased."""
        self.add(_NAME_AUTHOR, {"id": reply_id, "name": name, "erased": ERASED_AUTHOR_ID})

    def erase_reply(self, reply_id: int, message_id: int, at: int) -> None:
        """Erase the content and reactions of a deleted reply; its place in the tree stays.

        ``message_id``: the message that was deleted. If the reply was moved, only the deletion of
        its copy counts: the bot itself deletes the original.
        """
        for statement in ERASE_REPLY:
            self.add(statement, {"id": reply_id, "message_id": message_id, "at": at})
        self._needs_folding = True  # forwards of it lose their words

    # -- attachments ----------------------------------------------------------------------------

    def insert_attachment(self, reply_id: int, position: int, file: Attachment) -> None:
        """Save what is known about a file attached to a reply."""
        self.add(_INSERT_ATTACHMENT, _attachment_row(reply_id, position, file))

    def insert_edited_attachment(
        self, reply_id: int, position: int, file: Attachment, edited_at: int | None
    ) -> None:
        """Like :meth:`insert_attachment`, unless the reply has a newer edit."""
        row = _attachment_row(reply_id, position, file) | {"edited_at": edited_at}
        self.add(_INSERT_EDITED_ATTACHMENT, row)

    def plan_download(self, reply_id: int, position: int, file: Attachment, now_ms: int) -> None:
        """Plan to download an attachment, if it was saved."""
        row = {"id": reply_id, "position": position, "file_id": file.id}
        self.add(_PLAN_DOWNLOAD, row | {"url": file.url, "now": now_ms})

    def delete_attachments(self, reply_id: int, edited_at: int | None) -> None:
        """Delete a reply's attachments before an edit, unless it has a newer edit."""
        self.add(_DELETE_ATTACHMENTS, {"id": reply_id, "edited_at": edited_at})

    def delete_orphaned_files(self, reply_id: int) -> None:
        """Delete the bytes of files that aren't attached to the reply any more."""
        self.add(DELETE_ORPHANED_FILES, {"id": reply_id})

    # -- reactions ------------------------------------------------------------------------------

    def change_reaction_count(self, reply_id: int, emoji: str, change: int) -> None:
        """Count one reaction more (1) or less (-1)."""
        self.add(_COUNT_REACTION, {"id": reply_id, "emoji": emoji, "change": change})
        self.add(_DELETE_UNCOUNTED, {"id": reply_id})

    def clear_reactions(self, reply_id: int, emoji: str | None = None) -> None:
        """Delete a reply's reactions, or those with one emoji."""
        self.add(_CLEAR_REACTIONS, {"id": reply_id, "emoji": emoji})

    def set_reaction(self, reply_id: int, emoji: str, count: int) -> None:
        """Set how many reacted with an emoji."""
        self.add(_SET_REACTION, {"id": reply_id, "emoji": emoji, "count": count})

    # -- threads and moves ----------------------------------------------------------------------

    def plan_thread(
        self,
        message: Message,
        *,
        discussion_id: int,
        name: str,
        now_ms: int,
        max_per_window: int,
        window_ms: int,
        threads_per_priority: int,
    ) -> None:
        """Plan the thread that a reply opens.

        A member's thread beyond ``max_per_window`` is due a window after the first of those. Each
        ``threads_per_priority`` threads within a window lower the priority of the next.
        """
        row = {
            "id": message.id,
            "server_id": message.server_id,
            "discussion_id": discussion_id,
            "channel_id": message.channel_id,
            "member_id": message.author_id,
            "name": name,
            "due_at": now_ms,
            "most": max_per_window,
            "span": window_ms,
            "ahead": threads_per_priority,
        }
        self.add(_PLAN_THREAD, row)

    def plan_reply_move(
        self,
        message: Message,
        *,
        discussion_id: int,
        thread_id: int,
        now_ms: int,
        max_per_window: int,
        window_ms: int,
    ) -> None:
        """Plan to move a reply into a thread, or to link the thread; limited like threads."""
        row = {
            "reply_id": message.id,
            "server_id": message.server_id,
            "discussion_id": discussion_id,
            "channel_id": message.channel_id,
            "thread_id": thread_id,
            "member_id": message.author_id,
            "copyable": int(message.copyable),
            "due_at": now_ms,
            "most": max_per_window,
            "span": window_ms,
        }
        self.add(_PLAN_REPLY_MOVE, row)

    def add_open_thread(
        self,
        thread_id: int,
        *,
        server_id: int,
        discussion_id: int,
        channel_id: int,
        member_id: int,
        name: str,
        now_ms: int,
    ) -> None:
        """Note a thread that exists on a message of a discussion, and watch it.

        A thread that the bot itself has planned stays planned.
        """
        row = {
            "id": thread_id,
            "server_id": server_id,
            "discussion_id": discussion_id,
            "channel_id": channel_id,
            "member_id": member_id,
            "name": name,
            "due_at": now_ms,
        }
        for statement in _ADD_OPEN_THREAD:
            self.add(statement, row)

    def watch_thread(self, thread_id: int, server_id: int, now_ms: int) -> None:
        """Watch a thread that has replies, from its beginning.

        Otherwise nobody would notice that it was deleted while the bot was offline, if its opening
        was never reported.
        """
        self._watched.append({"id": thread_id, "server_id": server_id, "now": now_ms})

    def move_watermark(self, channel_id: int, message_id: int) -> None:
        """The channel's record is complete up to this message; a watermark never moves back."""
        self.add(_MOVE_WATERMARK, {"channel_id": channel_id, "message_id": message_id})

    def mark_copy_stale(self, reply_id: int, now_ms: int) -> None:
        """A moved reply was edited: its copy has to be edited, too."""
        self.add(MARK_COPY_STALE, {"id": reply_id, "now": now_ms})

    def check_original(self, reply_id: int, now_ms: int) -> None:
        """The original of a copied reply was deleted by someone: continue the move now."""
        self.add(_CHECK_ORIGINAL, {"id": reply_id, "now": now_ms})

    def mark_own_message_deleted(self, message_id: int, at: int) -> None:
        """A message of the bot was deleted."""
        self.add(_MARK_OWN_MESSAGE_DELETED, {"message_id": message_id, "at": at})


def _attachment_row(reply_id: int, position: int, file: Attachment) -> dict[str, Any]:
    return {
        "id": reply_id,
        "position": position,
        "file_id": file.id,
        "name": file.name,
        "type": file.type,
        "size": file.size,
    }


_INSERT_REPLY = """
INSERT INTO replies (id, server_id, discussion_id, channel_id, parent_id, thread_id,
    planned_message_id, author_id, author_name, text, folded, written_at, edited_at)
VALUES (:id, :server_id, :discussion_id, :channel_id, :parent_id, :thread_id,
    :planned_message_id, :author_id, :author_name, :text, :folded, :written_at, :edited_at)
ON CONFLICT (id) DO NOTHING
"""
# Those of the revision that was current when the reply was written.
_INSERT_PART_PASSAGES = """
INSERT INTO reply_passages (reply_id, revision, number)
SELECT :id, revision, number FROM planned_message_passages
WHERE planned_message_id = :planned_message_id AND revision = (
    SELECT COALESCE(max(number), 1) FROM revisions
    WHERE discussion_id = :discussion_id AND created_at <= :written_at
)
ON CONFLICT DO NOTHING
"""
_INSERT_ATTACHMENT = """
INSERT INTO attachments (reply_id, position, name, type, size, file_id)
SELECT :id, :position, :name, :type, :size, :file_id
FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT DO NOTHING
"""
# A download needs a saved attachment, so an outdated event plans none.
_PLAN_DOWNLOAD = """
INSERT INTO attachment_files (id, reply_id, size, state, due_at, url)
SELECT file_id, reply_id, size, 'pending', :now, :url
FROM attachments WHERE reply_id = :id AND position = :position AND file_id = :file_id
    AND file_id > 0
ON CONFLICT (id) DO NOTHING
"""
DELETE_ORPHANED_FILES = """
DELETE FROM attachment_files WHERE reply_id = :id AND id NOT IN (
    SELECT file_id FROM attachments WHERE reply_id = :id
)
"""
_ADD_PENDING_PARENT = """
INSERT INTO pending_parents (reply_id, reference_id) VALUES (:id, :reference_id)
ON CONFLICT (reply_id) DO NOTHING
"""
_SET_PENDING_PARENT = """
UPDATE replies SET parent_id = :id
WHERE discussion_id = :discussion_id
    AND id IN (SELECT reply_id FROM pending_parents WHERE reference_id = :id)
"""
_DELETE_PENDING_PARENT = "DELETE FROM pending_parents WHERE reference_id = :id"
_SET_OPENED_THREAD = "UPDATE replies SET thread_id = id WHERE id = :id AND thread_id IS NULL"
_SET_PARENT = "UPDATE replies SET parent_id = :parent_id WHERE id = :id"
_PLAN_THREAD = """
INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, name, state, due_at,
    priority)
VALUES (:id, :server_id, :discussion_id, :channel_id, :member_id, :name, 'planned', (
        SELECT max(due_at) FROM (
            SELECT CAST(:due_at AS BIGINT) AS due_at
            UNION ALL SELECT due_at + :span FROM (
                SELECT earlier.due_at FROM threads AS earlier
                WHERE earlier.server_id = :server_id AND earlier.member_id = :member_id
                ORDER BY earlier.due_at DESC LIMIT 1 OFFSET :most - 1
            ) AS last
        ) AS times
    ), (
        SELECT count(*) / :ahead FROM threads AS earlier
        WHERE earlier.server_id = :server_id AND earlier.member_id = :member_id
            AND earlier.due_at > :due_at - :span
    ))
ON CONFLICT (id) DO NOTHING
"""
_PLAN_REPLY_MOVE = """
INSERT INTO reply_moves (reply_id, server_id, discussion_id, channel_id, thread_id, member_id,
    copyable, state, due_at)
VALUES (:reply_id, :server_id, :discussion_id, :channel_id, :thread_id, :member_id, :copyable,
    'planned', (
        SELECT max(due_at) FROM (
            SELECT CAST(:due_at AS BIGINT) AS due_at
            UNION ALL SELECT due_at + :span FROM (
                SELECT earlier.due_at FROM reply_moves AS earlier
                WHERE earlier.server_id = :server_id AND earlier.member_id = :member_id
                ORDER BY earlier.due_at DESC LIMIT 1 OFFSET :most - 1
            ) AS last
        ) AS times
    ))
ON CONFLICT (reply_id) DO NOTHING
"""
_ADD_OPEN_THREAD = (
    """
    INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, name, state, due_at)
    VALUES (:id, :server_id, :discussion_id, :channel_id, :member_id, :name, 'ready', :due_at)
    ON CONFLICT (id) DO NOTHING
    """,
    """
    INSERT INTO watermarks (channel_id, server_id, message_id, verified_at)
    VALUES (:id, :server_id, :id, :due_at)
    ON CONFLICT (channel_id) DO NOTHING
    """,
    "UPDATE replies SET thread_id = :id WHERE id = :id AND thread_id IS NULL",
)
_WATCH_THREAD = """
INSERT INTO watermarks (channel_id, server_id, message_id, verified_at)
SELECT :id, :server_id, :id, :now
WHERE NOT EXISTS (SELECT 1 FROM deleted_channels WHERE channel_id = :id)
ON CONFLICT (channel_id) DO NOTHING
"""
# An outdated event never replaces a newer edit, and a deleted reply stays deleted.
_EDIT_REPLY = """
UPDATE replies SET text = :text, edited_at = :edited_at
WHERE id = :id AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= :edited_at)
"""
_NAME_AUTHOR = """
UPDATE replies SET author_name = :name
WHERE id = :id AND deleted_at IS NULL AND author_id <> :erased
"""
_DELETE_ATTACHMENTS = """
DELETE FROM attachments WHERE reply_id = :id AND EXISTS (
    SELECT 1 FROM replies
    WHERE id = :id AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= :edited_at)
)
"""
_INSERT_EDITED_ATTACHMENT = """
INSERT INTO attachments (reply_id, position, name, type, size, file_id)
SELECT :id, :position, :name, :type, :size, :file_id FROM replies
WHERE id = :id AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= :edited_at)
ON CONFLICT DO NOTHING
"""
_CHECK_ORIGINAL = """
UPDATE reply_moves SET due_at = :now WHERE reply_id = :id AND state = 'copied'
"""
MARK_COPY_STALE = """
UPDATE reply_moves SET stale = 1, due_at = :now WHERE reply_id = :id AND copy_id IS NOT NULL
"""
ERASE_REPLY = (
    "UPDATE answers SET text = '' WHERE message_id = :id AND text <> ''",
    """
    UPDATE replies SET text = '', deleted_at = :at
    WHERE id = :id AND deleted_at IS NULL
        AND :message_id = COALESCE((SELECT copy_id FROM reply_moves WHERE reply_id = :id), :id)
    """,
    """
    DELETE FROM attachments WHERE reply_id = :id
        AND :message_id = COALESCE((SELECT copy_id FROM reply_moves WHERE reply_id = :id), :id)
    """,
    DELETE_ORPHANED_FILES,
    """
    DELETE FROM reactions WHERE reply_id = :id
        AND :message_id = COALESCE((SELECT copy_id FROM reply_moves WHERE reply_id = :id), :id)
    """,
    """
    DELETE FROM reply_anchors WHERE reply_id = :id
        AND :message_id = COALESCE((SELECT copy_id FROM reply_moves WHERE reply_id = :id), :id)
    """,
    """
    DELETE FROM reply_extras WHERE reply_id = :id
        AND :message_id = COALESCE((SELECT copy_id FROM reply_moves WHERE reply_id = :id), :id)
    """,
    *forwards_polls_stickers.ERASE_FORWARDS,
)
# A deleted message carries no text; an edit of the essay puts the text elsewhere.
_MARK_OWN_MESSAGE_DELETED = """
UPDATE planned_messages SET deleted_at = :at WHERE message_id = :message_id AND deleted_at IS NULL
"""
_CLEAR_REACTIONS = """
DELETE FROM reactions WHERE reply_id = :id AND (CAST(:emoji AS TEXT) IS NULL OR emoji = :emoji)
"""
_SET_REACTION = """
INSERT INTO reactions (reply_id, emoji, count)
SELECT :id, :emoji, :count FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT (reply_id, emoji) DO UPDATE SET count = excluded.count
"""
_COUNT_REACTION = """
INSERT INTO reactions (reply_id, emoji, count)
SELECT :id, :emoji, :change FROM replies WHERE id = :id AND deleted_at IS NULL
ON CONFLICT (reply_id, emoji) DO UPDATE SET count = reactions.count + excluded.count
"""
_DELETE_UNCOUNTED = "DELETE FROM reactions WHERE reply_id = :id AND count <= 0"
_MOVE_WATERMARK = """
UPDATE watermarks SET message_id = :message_id
WHERE channel_id = :channel_id AND message_id < :message_id
"""
