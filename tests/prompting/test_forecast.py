"""The forecast of a planned prompt, as the list of prompts shows it."""

from __future__ import annotations

from bot.prompting.dispatch import send_now
from bot.prompting.forecast import forecast
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.prompts import prompts
from tests.prompting.prompt_rows import (
    HERE,
    HOUR,
    NOON,
    add_prompt,
    set_up_servers,
)


async def test_the_forecast_says_why_a_prompt_would_be_skipped_or_wait(database: Database) -> None:
    async def work(tx: Transaction) -> list[str]:
        await set_up_servers(tx)
        first = await add_prompt(tx, NOON + HOUR)
        forecasts = []
        for change in (
            "UPDATE discussions SET state = 'open'",
            "UPDATE discussions SET state = 'closed'",
        ):
            await tx.run(change)
            prompt = await prompts.find_prompt(tx, first)
            assert prompt is not None
            forecasts.append((await forecast(tx, prompt, NOON)).obstacle)
        await tx.run("UPDATE discussions SET state = 'open'")
        asked = await prompts.find_prompt(tx, await add_prompt(tx, NOON, content="question 7"))
        assert asked is not None
        forecasts.append((await forecast(tx, asked, NOON)).obstacle)
        sent = await send_now(tx, server_id=HERE, discussion_id=HERE, content="default", now=NOON)
        assert isinstance(sent, int)
        under_way = await prompts.find_prompt(tx, sent)
        assert under_way is not None
        return [*forecasts, (await forecast(tx, under_way, NOON)).obstacle]

    assert await database.write(work) == [
        "",
        "It would be skipped: the discussion is closed",
        "It would be skipped: the essay has no question 7",
        "It is being sent.",
    ]
