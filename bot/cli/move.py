"""``python -m bot move``: copies the archive from SQLite to PostgreSQL, or back."""

from __future__ import annotations

from pathlib import Path

from bot.core.text.plural import format_count
from bot.errors import DatabaseError
from bot.settings import POSTGRESQL_SCHEMES
from storage.db.archive_location import Location

__all__ = ["move"]


async def move(source: str, target: str) -> str:
    """Copy the archive at ``source`` to ``target``, a file or an address; return what was done.

    Every row is compared. ``source`` is kept. Raises DatabaseError, and the errors of opening an
    archive, if a bot runs on one of them for instance.
    """
    try:
        from storage.db.postgresql.move import move as copy
    except ImportError:
        raise DatabaseError(
            "psycopg isn't installed. Install it with `pip install 'psycopg[binary]>=3.2,<4'`."
        ) from None

    begins, ends = _parse(source), _parse(target)
    count = await copy(begins, ends)
    return (
        f"{begins.name} was copied to {ends.name}, and each of {format_count(count, 'row')} was "
        "compared. Set SALON_DATABASE to the copy. Remove the old archive once all is well: what "
        "members erase later stays in it."
    )


def _parse(place: str) -> Location:
    if place.startswith(POSTGRESQL_SCHEMES):
        return Location(Path(), Path(), place)
    path = Path(place)
    return Location(path, path.with_name(f"{path.stem}-backups"))
