"""``python -m bot backup`` and ``restore``: copy the archive, or put a backup in its place."""

from __future__ import annotations

from pathlib import Path

from bot.clock import Clock
from bot.core.text.coded_text import make_coded
from bot.errors import BackupError, DatabaseError
from storage.db import backups
from storage.db.connection import lock_archive
from storage.db.errors import StorageError
from storage.db.restore import RestoreResult
from storage.db.restore import restore as replace_archive

__all__ = ["back_up", "restore"]

_SKIPPED_PROMPT = make_coded("restored")


def back_up(database: Path, folder: Path, file: Path | None) -> str:
    """Copy the archive to ``file``, or into ``folder`` if None; return what was done.

    Works while a bot is running. Raises DatabaseError if there is no archive, BackupError.
    """
    if not database.is_file() or not database.stat().st_size:
        raise DatabaseError(
            f"There is no database at {database} yet. If it is elsewhere, set SALON_DATABASE to it."
        )
    if file is None:
        path = backups.back_up(database, folder, Clock().now(), backups.BY_HAND).path
    else:
        if file.exists():
            raise BackupError(f"{file} already exists. Nothing was changed.")
        try:
            backups.copy_archive(database, file)
        except OSError as error:
            raise BackupError(f"{file} couldn't be written: {error.strerror}.") from error
        except StorageError as error:
            raise BackupError(f"{database} couldn't be copied: {error}.") from error
        path = file
    return f"Backed up to {path} ({_format_size(path)}). The backup was checked."


def restore(database: Path, folder: Path, file: Path | None) -> str:
    """Replace the archive by ``file``, or by the newest good backup if None; return what was done.

    Raises DatabaseInUse while a bot runs on it, BackupError if there is no good backup.
    """
    with lock_archive(database):
        if file is None:
            found = backups.find_newest_good(folder, database.stem)
            if found is None:
                raise BackupError(f"There is no good backup in {folder}. Nothing was changed.")
            file = found.path
        restored = replace_archive(file, database, Clock().now(), skip_reason=_SKIPPED_PROMPT)
        return _describe_restore(file, database, restored)


def _describe_restore(file: Path, database: Path, restored: RestoreResult) -> str:
    lines = [f"{database} was replaced with {file}."]
    if restored.aside is not None:
        lines.append(f"The replaced archive was kept as {restored.aside}.")
    if restored.erased is None:
        lines.append(
            "The replaced archive couldn't be read, so what was deleted since the backup isn't "
            "known. The bot finds the deletions of the last days when it reads Discord's history."
        )
    elif restored.erased:
        lines.append(f"Replies deleted since the backup, and erased again: {restored.erased}")
    if restored.skipped:
        lines.append(f"Prompts due since the backup, which aren't sent: {restored.skipped}")
    if restored.unplanned:
        lines.append(f"Scheduled essays due since the backup, now drafts: {restored.unplanned}")
    lines.append("Start the bot now. It reads from Discord what was said since the backup.")
    return "\n".join(lines)


def _format_size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1024 / 1024:.1f} MB" if size > 1024 * 1024 else f"{size / 1024:.0f} KB"
