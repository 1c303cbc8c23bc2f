"""A backup put in the archive's place, without bringing back what was erased since.

What the replaced archive can still tell of deletions and of members who were forgotten is carried
over; it is kept aside, whole as it was.
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
from bot.errors import BackupError
from storage.db import erasure_log
from storage.db.backups import copy

__all__ = ["Restored", "restore"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restoring did.

    aside:      where the replaced archive is kept; None where there was none
    erased:     the replies that were erased once more; None where the replaced archive could not
                be asked
    skipped:    prompts that were due since the backup, and may have been sent
    unplanned:  scheduled essays that were due since: they are drafts again
    """

    aside: Path | None
    erased: int | None
    skipped: int
    unplanned: int


def restore(backup: Path, database: Path, now: datetime) -> Restored:
    """Put ``backup`` in the place of ``database``, which nobody has open; blocks meanwhile.

    Raises BackupError where the backup is not whole or not Salon's; then nothing is changed.
    """
    fresh = database.with_name(f"{database.name}.restoring")
    try:
        if not backup.is_file():
            raise BackupError(f"There is no backup at {backup}. Nothing was changed.")
        copy(backup, fresh)
        address = fresh.absolute().as_uri()
        with contextlib.closing(
            sqlite3.connect(address, uri=True, isolation_level=None)
        ) as connection:
            erased = _carry_over(connection, database) if database.exists() else 0
            forgotten = _forget(connection, database, now)
            erased = None if erased is None else erased + forgotten
            skipped, unplanned = _mind_what_was_due(connection, now)
        aside = _put_aside(database, now) if database.exists() else None
        fresh.replace(database)
    except (OSError, sqlite3.Error) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise BackupError(f"{backup} could not be restored: {reason}.") from error
    finally:
        fresh.unlink(missing_ok=True)
    return Restored(aside, erased, skipped, unplanned)


def _put_aside(database: Path, now: datetime) -> Path:
    """Keep the archive under another name, with what its journal holds; where that is."""
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
    # A journal that stayed would be played into the archive that takes this one's place.
    for ending in ("-wal", "-shm"):
        database.with_name(f"{database.name}{ending}").unlink(missing_ok=True)
    return aside


def _carry_over(connection: sqlite3.Connection, database: Path) -> int | None:
    """Erase what has been erased since; how many replies, None where nobody can tell."""
    try:
        # Only read: it is to be kept as it is.
        address = f"{database.absolute().as_uri()}?mode=ro"
        connection.execute("ATTACH :address AS replaced", {"address": address})
        connection.execute("BEGIN IMMEDIATE")
        # From there the next start takes them into the archive.
        erasures = erasure_log.get_replaced_erasures(connection)
        erasure_log.append_to_log(erasure_log.get_log_path(database), erasures)
        for statement in (*_CARRY_OVER, *_CARRY_OVER_MOVES):
            connection.execute(statement)
        erased = int(connection.execute(_COUNT_ERASED).fetchone()[0])
        for statement in _ERASE:
            connection.execute(statement)
        connection.execute("COMMIT")
    except sqlite3.Error:
        # It is damaged, or of other tables: then only what was kept beside it can tell.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return None
    finally:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("DETACH replaced")
    return erased


def _forget(connection: sqlite3.Connection, database: Path, now: datetime) -> int:
    """Forget who asked for it since; how many replies. The rest is seen to at the next start."""
    erasures = erasure_log.read_log(erasure_log.get_log_path(database))
    try:
        connection.execute("BEGIN IMMEDIATE")
        erased = erasure_log.erase_in_backup(connection, erasures, to_milliseconds(now))
        connection.execute("COMMIT")
    except sqlite3.Error:
        # Of older tables: it is brought up to date at the next start, and held against them then.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        return 0
    return erased


def _mind_what_was_due(connection: sqlite3.Connection, now: datetime) -> tuple[int, int]:
    """What was due since the backup was perhaps done: it is not done a second time."""
    parameters = {"now": to_milliseconds(now)}
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
    UPDATE main.threads SET name = (SELECT name FROM replaced.threads AS t WHERE t.id = threads.id)
    WHERE id IN (SELECT id FROM replaced.replies WHERE author_id = 0)
        AND id IN (SELECT id FROM replaced.threads)
    """,
)
# A reply that was moved since stands as its copy: its original is gone by the bot's own doing.
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
    DELETE FROM main.reactions WHERE reply_id IN (
        SELECT id FROM replaced.replies WHERE deleted_at IS NOT NULL
    )
    """,
    """
    DELETE FROM main.reply_passages WHERE reply_id IN (
        SELECT id FROM replaced.replies WHERE author_id = 0
    )
    """,
    """
    UPDATE main.replies SET text = later.text, author_id = later.author_id,
        author_name = later.author_name, edited_at = later.edited_at, deleted_at = later.deleted_at
    FROM replaced.replies AS later
    WHERE later.id = main.replies.id AND later.deleted_at IS NOT NULL
    """,
)
# The outbox looks in the channel before it sends what was attempted before (design: look first).
_LOOK_FOR_POSTS = """
UPDATE planned_messages SET state = 'claimed', attempts = max(attempts, 1),
    first_attempt_at = min(COALESCE(first_attempt_at, planned_at), :now - 600000)
WHERE state IN ('planned', 'claimed')
"""
_SKIP_PROMPTS = """
UPDATE prompts SET state = 'skipped', decided_at = :now,
    reason = 'the archive was restored from a backup, and it may have been sent before'
WHERE state = 'planned' AND due_at <= :now
"""
_UNPLAN_ESSAYS = """
UPDATE discussions SET state = 'draft', scheduled_for = NULL
WHERE state = 'scheduled' AND scheduled_for <= :now
"""
