"""Errors of the database, under names that don't tie their users to SQLite.

``DatabaseUnavailable`` is the one to catch and retry after: the disk is full, the file can't be
read or written, or another process holds a lock on it (docs: sqlite3, "Exceptions").
``StorageError`` is any error of the database, that one included.
"""

from __future__ import annotations

import sqlite3

__all__ = ["SQLITE_VERSION", "DatabaseUnavailable", "StorageError"]

StorageError = sqlite3.Error
DatabaseUnavailable = sqlite3.OperationalError

SQLITE_VERSION = sqlite3.sqlite_version
