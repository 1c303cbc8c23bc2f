"""Restore: replaces the archive with a backup, without restoring data that was erased since.

Deletions and erasures that can still be read from the replaced archive, or from the erasure log,
are applied to the backup. The replaced archive is kept, unchanged, under another name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.clock import to_milliseconds
from bot.core.text.coded_text import CodedText
from bot.errors import BackupError
from storage.db import erasure_log
from storage.db.backups import copy_archive

__all__ = ["RestoreResult", "restore"]


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """The result of a restore.

    aside:      path of the replaced archive; None if there was none
    erased:     number of replies that were erased again; None if the replaced archive couldn't be
                read
    skipped:    number of prompts that were due since the backup, and may have been sent
    unplanned:  number of scheduled essays that were due since, which are drafts again
    """

    aside: Path | None
    erased: int | None
    skipped: int
    unplanned: int


def restore(
    backup: Path, database: Path, now: datetime, *, skip_reason: CodedText
) -> RestoreResult:
    """Replace ``database``, which no process may have open, with ``backup``. Blocking.

    ``skip_reason``: of the prompts that were due since the backup and may have been sent.
    Raises BackupError if the backup is damaged or isn't Salon's; then nothing is changed.
    """
    fresh = database.with_name(f"{database.name}.restoring")
    try:
        if not backup.is_file():
            raise BackupError(f"There is no backup at {backup}. Nothing was changed.")
        copy_archive(backup, fresh)
        address = fresh.absolute().as_uri()
        with contextlib.closing(
            sqlite3.connect(address, uri=True, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            erased = _carry_over(connection, database) if database.exists() else 0
            forgotten = _forget(connection, database, now)
            erased = None if erased is None else erased + forgotten
            skipped, unplanned = _skip_what_was_due(connection, now, skip_reason)
            # Nothing of what was erased again stays in split pages.
            connection.execute("VACUUM")
        aside = _put_aside(database, now) if database.exists() else None
        fresh.replace(database)
    except (OSError, sqlite3.Error) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise BackupError(f"{backup} couldn't be restored: {reason}.") from error
    finally:
        fresh.unlink(missing_ok=True)
    return RestoreResult(aside, erased, skipped, unplanned)


def _put_aside(database: Path, now: datetime) -> Path:
    """Keep the archive under another name, with its write-ahead log; the new path."""
    at = now.astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    aside = database.with_name(f"{database.name}.replaced-{at}")
    for ending in ("", "-wal"):
        old = database.with_name(f"{database.name}{ending}")
        if old.exists():
            kept = aside.with_name(f"{aside.name}{ending}")
            try:
                os.link(old, kept)
            except OSError:
                shutil.copy2(old, kept)
    # SQLite would apply a remaining write-ahead log to the restored archive.
    for ending in ("-wal", "-shm"):
        database.with_name(f"{database.name}{ending}").unlink(missing_ok=True)
    return aside


def _carry_over(connection: sqlite3.Connection, database: Path) -> int | None:
    """Apply the replaced archive's deletions and erasures; the number of replies erased.

    None if the replaced archive can't be read.
    """
    try:
        # Read-only: the replaced archive is kept unchanged.
        address = f"{database.absolute().as_uri()}?mode=ro"
        connection.execute("ATTACH :address AS replaced", {"address": address})
        connection.execute("BEGIN IMMEDIATE")
        # The next start applies the erasure log to the restored archive.
        erasures = erasure_log.get_replaced_erasures(connection)
        erasure_log.append_to_log(erasure_log.get_log_path(database), erasures)
        for statement in (
            *_CARRY_OVER,
            *_CARRY_OVER_ANSWERS,
            *_CARRY_OVER_AUTHOR_MESSAGES,
            *_CARRY_OVER_MOVES,
        ):
            connection.execute(statement)
        erased = int(connection.execute(_COUNT_ERASED).fetchone()[0])
        for statement in _ERASE:
            connection.execute(statement)
        connection.execute("COMMIT")
    except sqlite3.Error:
        # It is damaged or has other tables: only the erasure log is left as a source.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return None
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("DETACH replaced")
    return erased


def _forget(connection: sqlite3.Connection, database: Path, now: datetime) -> int:
    """Erase the members in the erasure log; the number of replies. The next start does the rest."""
    erasures = erasure_log.read_log(erasure_log.get_log_path(database))
    try:
        connection.execute("BEGIN IMMEDIATE")
        erased = erasure_log.erase_in_backup(connection, erasures, to_milliseconds(now))
        connection.execute("COMMIT")
    except sqlite3.Error:
        # The backup has older tables: the next start migrates it, then applies the erasure log.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return 0
    return erased


def _skip_what_was_due(
    connection: sqlite3.Connection, now: datetime, reason: CodedText
) -> tuple[int, int]:
    """Keep work that was due since the backup from being done twice.

    The numbers of skipped prompts and of scheduled essays that are drafts again.
    """
    parameters = {"now": to_milliseconds(now), "reason": reason.stored}
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(_LOOK_FOR_POSTS, parameters)
    skipped = connection.execute(_SKIP_PROMPTS, parameters).rowcount
    unplanned = connection.execute(_UNPLAN_ESSAYS, parameters).rowcount
    connection.execute("COMMIT")
    return skipped, unplanned


_CARRY_OVER = (
    """
    INSERT INTO main.deleted_channels (channel_id, server_id, deleted_at, erased_at)
    SELECT channel_id, server_id, deleted_at, NULL FROM replaced.deleted_channels
    WHERE server_id IN (SELECT id FROM main.servers)
    ON CONFLICT DO NOTHING
    """,
    """
    UPDATE main.threads SET name = later.name FROM replaced.threads AS later
    WHERE later.id = main.threads.id AND later.name <> main.threads.name
    """,
)
# Answers from forms that were posted since would be posted again, and no history shows who wrote
# them: to Discord they are the bot's own.
_CARRY_OVER_ANSWERS = (
    """
    UPDATE main.answers SET state = later.state, member_id = later.member_id,
        member_name = later.member_name, text = later.text, avatar = later.avatar,
        channel_id = later.channel_id, webhook_id = later.webhook_id,
        message_id = later.message_id, signature = later.signature
    FROM replaced.answers AS later WHERE later.id = main.answers.id
    """,
    """
    INSERT INTO main.answers (id, server_id, discussion_id, channel_id, answered_id, member_id,
        revision, passage, state, submitted_at, due_at, webhook_id, message_id, avatar, link,
        signature, member_name, text, asks_author)
    SELECT id, server_id, discussion_id, channel_id, answered_id, member_id, revision, passage,
           state, submitted_at, due_at, webhook_id, message_id, avatar, link, signature,
           member_name, text, asks_author
    FROM replaced.answers
    WHERE discussion_id IN (SELECT id FROM main.discussions)
        AND server_id IN (SELECT id FROM main.servers)
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO main.replies (id, server_id, discussion_id, channel_id, parent_id, thread_id,
        planned_message_id, author_id, author_name, text, written_at, edited_at, deleted_at)
    SELECT later.id, later.server_id, later.discussion_id, later.channel_id, later.parent_id,
           later.thread_id, planned_messages.id, later.author_id, later.author_name, later.text,
           later.written_at, later.edited_at, later.deleted_at
    FROM main.answers JOIN replaced.replies AS later ON later.id = main.answers.message_id
    LEFT JOIN main.planned_messages ON planned_messages.id = later.planned_message_id
    WHERE true
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO main.author_questions (reply_id, server_id, discussion_id)
    SELECT replies.id, replies.server_id, replies.discussion_id
    FROM main.answers JOIN main.replies ON replies.id = answers.message_id
    WHERE answers.asks_author = 1 AND answers.state = 'done' AND replies.author_id <> 0
    ON CONFLICT DO NOTHING
    """,
)
# No author gets a second message about the same questions, or on the same day.
_CARRY_OVER_AUTHOR_MESSAGES = (
    """
    UPDATE main.author_messages SET state = later.state, due_at = later.due_at,
        told_until = later.told_until, telling_until = later.telling_until,
        channel_id = later.channel_id, after_id = later.after_id, content = later.content
    FROM replaced.author_messages AS later
    WHERE later.server_id = main.author_messages.server_id
        AND later.member_id = main.author_messages.member_id
    """,
    """
    DELETE FROM main.author_messages WHERE NOT EXISTS (
        SELECT 1 FROM replaced.author_messages AS later
        WHERE later.server_id = main.author_messages.server_id
            AND later.member_id = main.author_messages.member_id
    )
    """,
)
# A reply that was moved since exists only as its copy: the bot itself deleted the original.
_CARRY_OVER_MOVES = (
    """
    UPDATE main.reply_moves SET state = moved.state, webhook_id = moved.webhook_id,
        copy_id = moved.copy_id, stale = moved.stale, signature = moved.signature
    FROM replaced.reply_moves AS moved
    WHERE moved.reply_id = main.reply_moves.reply_id AND moved.copy_id IS NOT NULL
    """,
    """
    INSERT INTO main.reply_moves (reply_id, server_id, discussion_id, channel_id, thread_id,
        copyable,
        state, due_at, webhook_id, copy_id, stale, member_id)
    SELECT reply_id, server_id, discussion_id, channel_id, thread_id, copyable, state, due_at,
           webhook_id, copy_id, stale, member_id
    FROM replaced.reply_moves
    WHERE copy_id IS NOT NULL AND reply_id IN (SELECT id FROM main.replies)
    ON CONFLICT DO NOTHING
    """,
    """
    UPDATE main.replies SET channel_id = moved.thread_id, thread_id = moved.thread_id
    FROM replaced.reply_moves AS moved
    WHERE moved.reply_id = main.replies.id AND moved.copy_id IS NOT NULL
        AND moved.copy_id <> moved.reply_id
    """,
)
_COUNT_ERASED = """
SELECT count(*) FROM main.replies JOIN replaced.replies AS later USING (id)
WHERE later.deleted_at IS NOT NULL
    AND (main.replies.deleted_at IS NULL OR main.replies.author_id <> later.author_id)
"""
_ERASE = (
    """
    DELETE FROM main.attachments WHERE reply_id IN (
        SELECT id FROM replaced.replies WHERE deleted_at IS NOT NULL
    )
    """,
    """
    DELETE FROM main.attachment_files WHERE reply_id IN (
        SELECT id FROM replaced.replies WHERE deleted_at IS NOT NULL
    )
    """,
    """
    DELETE FROM main.reply_extras WHERE reply_id IN (
        SELECT id FROM replaced.replies WHERE deleted_at IS NOT NULL
    )
    """,
    """
    UPDATE main.reply_extras SET forward_text = '', forward_stickers = '[]'
    WHERE forwarded_id IN (SELECT id FROM replaced.replies WHERE deleted_at IS NOT NULL)
    """,
    """
    DELETE FROM main.reactions WHERE reply_id IN (
        SELECT id FROM replaced.replies WHERE deleted_at IS NOT NULL
    )
    """,
    """
    DELETE FROM main.reply_passages WHERE reply_id IN (
        SELECT id FROM replaced.replies WHERE author_id = 0
    )
    """,
    # Of what was edited since, too: the words may be those that were edited away.
    """
    DELETE FROM main.reply_anchors WHERE reply_id IN (
        SELECT later.id FROM replaced.replies AS later JOIN main.replies USING (id)
        WHERE later.deleted_at IS NOT NULL
            OR later.edited_at > COALESCE(main.replies.edited_at, 0)
    )
    """,
    """
    UPDATE main.replies SET text = later.text, author_id = later.author_id,
        author_name = later.author_name, edited_at = later.edited_at, deleted_at = later.deleted_at
    FROM replaced.replies AS later
    WHERE later.id = main.replies.id AND later.deleted_at IS NOT NULL
    """,
    # What was edited away since, and what quotes what was erased.
    """
    UPDATE main.replies SET text = later.text, edited_at = later.edited_at
    FROM replaced.replies AS later
    WHERE later.id = main.replies.id AND later.deleted_at IS NULL
        AND later.edited_at > COALESCE(main.replies.edited_at, 0)
    """,
    """
    UPDATE main.planned_messages SET payload = later.payload
    FROM replaced.planned_messages AS later
    WHERE later.nonce = main.planned_messages.nonce
        AND later.purpose IN ('prompt', 'nudge', 'notice')
        AND later.payload <> main.planned_messages.payload
    """,
    """
    UPDATE main.planned_messages SET payload = '{}',
        expires_at = CASE WHEN state IN ('planned', 'claimed') THEN 0 ELSE expires_at END
    WHERE id IN (
        SELECT planned_message_id FROM main.prompts WHERE thread_id IN (
            SELECT id FROM replaced.replies WHERE deleted_at IS NOT NULL
        )
    )
    """,
    """
    UPDATE main.alerts SET alert = later.alert FROM replaced.alerts AS later
    WHERE later.server_id = main.alerts.server_id AND later.about = main.alerts.about
    """,
)
# Before a second attempt, delivery looks for the message in the channel (design: look first).
_LOOK_FOR_POSTS = """
UPDATE planned_messages SET state = 'claimed', attempts = max(attempts, 1),
    first_attempt_at = min(COALESCE(first_attempt_at, planned_at), :now - 600000)
WHERE state IN ('planned', 'claimed')
"""
_SKIP_PROMPTS = """
UPDATE prompts SET state = 'skipped', decided_at = :now,
    reason = :reason
WHERE state = 'planned' AND due_at <= :now
"""
_UNPLAN_ESSAYS = """
UPDATE discussions SET state = 'draft', scheduled_for = NULL
WHERE state = 'scheduled' AND scheduled_for <= :now
"""
