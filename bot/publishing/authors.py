"""The authors whom an admin chooses for an essay: members of the server, and names on the card."""

from __future__ import annotations

from dataclasses import dataclass

from bot.core.text.translate import gettext as _
from bot.errors import UserError
from storage.db.writer import Transaction
from storage.essays import authors

__all__ = ["ChosenAuthors", "check_authors"]


@dataclass(frozen=True, slots=True)
class ChosenAuthors:
    """What an admin entered. ``names``: "" for none; ``members``: their ids."""

    members: tuple[int, ...]
    names: str


async def check_authors(tx: Transaction, server_id: int, members: tuple[int, ...]) -> None:
    """Raise UserError if nothing may be stored about one of these members."""
    opted_out = await authors.find_opted_out(tx, server_id, members)
    if opted_out is not None:
        raise UserError(
            _(
                "{member} can't be named as an author: they chose that nothing is saved about "
                "them. Nothing was changed.",
                member=f"<@{opted_out}>",
            )
        )
