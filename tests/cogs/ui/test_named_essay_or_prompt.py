"""Essays and prompts are chosen by number or title, within one server."""

from __future__ import annotations

import pytest

from bot.errors import UserError
from cogs.ui.named_essay_or_prompt import choose_essay
from storage.db.database import Database
from storage.db.writer import Transaction
from tests.prompting.prompt_rows import (
    HERE,
    set_up_servers,
)


async def test_an_essay_with_a_title_that_is_not_unique_is_chosen_by_number(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> None:
        await set_up_servers(tx)
        await tx.run("UPDATE discussions SET server_id = :here", {"here": HERE})
        await tx.run("UPDATE revisions SET title = 'Same'")
        with pytest.raises(UserError, match="by its number"):
            await choose_essay(tx, HERE, "Same")
        assert (await choose_essay(tx, HERE, "2")).title == "Same"

    await database.write(work)
