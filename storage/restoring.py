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
from bot.errors import BackupFailed
from storage.backups import copy

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

    Raises BackupFailed where the backup is not whole or not Salon's; then nothing is changed.
    """
    fresh = database.with_name(f"{database.name}.restoring")
    try:
        if not backup.is_file():
            raise BackupFailed(f"There is no backup at {backup}. Nothing was changed.")
        copy(backup, fresh)
        address = fresh.absolute().as_uri()
        with contextlib.closing(
            sqlite3.connect(address, uri=True, isolation_level=None)
        ) as connection:
            erased = _carry_over(connection, database) if database.exists() else 0
            skipped, unplanned = _mind_what_was_due(connection, now)
        aside = _put_aside(database, now) if database.exists() else None
        fresh.replace(database)
    except (OSError, sqlite3.Error) as error:
        told = (isinstance(error, OSError) and error.strerror) or error
        raise BackupFailed(f"{backup} could not be restored: {told}.") from error
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
        for statement in _CARRY_OVER:
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
    INSERT INTO main.kept_out (server_id, member_id, since)
    SELECT server_id, member_id, since FROM replaced.kept_out
    WHERE server_id IN (SELECT id FROM main.servers)
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO main.gone (channel_id, server_id, gone_at, erased_at)
    SELECT channel_id, server_id, gone_at, NULL FROM replaced.gone
    WHERE server_id IN (SELECT id FROM main.servers)
    ON CONFLICT DO NOTHING
    """,
    """
    UPDATE main.threads SET name = (SELECT name FROM replaced.threads AS t WHERE t.id = threads.id)
    WHERE id IN (SELECT id FROM replaced.replies WHERE author_id = 0)
        AND id IN (SELECT id FROM replaced.threads)
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
UPDATE posts SET state = 'claimed', attempts = max(attempts, 1),
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
