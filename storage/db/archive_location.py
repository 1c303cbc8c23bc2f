"""Where the archive is, in a file or on PostgreSQL, and how it is opened there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from bot.clock import Clock
from bot.core.shards import UNSHARDED, Shards
from bot.errors import DatabaseError
from storage.db import database, erasure_log
from storage.db.database import Database
from storage.db.erasure_log import EraseMember, Erasure
from storage.db.postgresql_address import describe_address

__all__ = ["Location"]


@dataclass(frozen=True, slots=True)
class Location:
    """Where the archive is.

    path, backups:  its file and the folder of its backups
    address:        its address if it is on PostgreSQL, with the password; None: it is the file
    """

    path: Path
    backups: Path
    address: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What it is called in messages: the file, or the address without secrets."""
        return str(self.path) if self.address is None else describe_address(self.address)

    def open(
        self,
        *,
        clock: Clock | None = None,
        erase_member: EraseMember | None = None,
        shards: Shards = UNSHARDED,
    ) -> contextlib.AbstractAsyncContextManager[Database]:
        """Open it for this process only, as :func:`storage.db.database.open_database` does.

        ``shards``: on PostgreSQL, other processes may have it open for other shards.
        """
        if self.address is None:
            return database.open_database(
                self.path, backups=self.backups, clock=clock, erase_member=erase_member
            )
        opened: contextlib.AbstractAsyncContextManager[Database] = (
            _load_postgresql().open_postgresql(
                self.address, clock=clock, erase_member=erase_member, shards=shards
            )
        )
        return opened

    def open_for_reading(self) -> contextlib.AbstractAsyncContextManager[Database]:
        """Open it read-only, as :func:`storage.db.database.open_for_reading` does."""
        if self.address is None:
            return database.open_for_reading(self.path, self.backups)
        opened: contextlib.AbstractAsyncContextManager[Database] = (
            _load_postgresql().open_for_reading(self.address)
        )
        return opened

    async def log_erasures(self, erasures: Iterable[Erasure]) -> None:
        """Append to the erasure log, whatever process the archive is open in.

        Raises DatabaseError if that fails.
        """
        if self.address is not None:
            await _load_postgresql().log_erasures(self.address, erasures)
            return
        path = erasure_log.get_log_path(self.path)
        try:
            erasure_log.append_to_log(path, erasures)
        except OSError as error:
            raise DatabaseError(
                f"{path} can't be written: {error.strerror}. Nothing was changed."
            ) from error

    async def clean_up(self) -> None:
        """Remove remains of erased words at once that a running bot would remove soon.

        A file has none once it was closed. Raises sqlite3.Error.
        """
        if self.address is not None:
            async with self.open_for_reading() as archive:
                await archive.truncate_log()


def _load_postgresql() -> ModuleType:
    """The engine for PostgreSQL, which needs a library that SQLite doesn't."""
    try:
        from storage.db.postgresql import database as postgresql
    except ImportError:
        raise DatabaseError(
            "The archive is on PostgreSQL, but psycopg isn't installed. Install it with "
            "`pip install 'psycopg[binary]>=3.2,<4'`."
        ) from None
    return postgresql
