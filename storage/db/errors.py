"""Errors of the database, under names that don't tie their users to SQLite.

``DatabaseUnavailable`` is the one to catch and retry after: the disk is full, the file can't be
read or written, or another process holds a lock on it (docs: sqlite3, "Exceptions").
``ArchiveBusy`` is the case in which a command gave up waiting. ``StorageError`` is any error of the
database, those included.
"""

from __future__ import annotations

import sqlite3

__all__ = [
    "SQLITE_VERSION",
    "ArchiveBusy",
    "DatabaseUnavailable",
    "ReadAbandoned",
    "StorageError",
    "WriteWithdrawn",
]

StorageError = sqlite3.Error
DatabaseUnavailable = sqlite3.OperationalError


class ArchiveBusy(DatabaseUnavailable):
    """A command has no more time to wait for the archive (see :mod:`storage.db.timeouts`)."""


class WriteWithdrawn(ArchiveBusy):
    """A unit of work was withdrawn before it began; none of it is saved."""


class ReadAbandoned(ArchiveBusy):
    """A read didn't end in time."""


SQLITE_VERSION = sqlite3.sqlite_version
