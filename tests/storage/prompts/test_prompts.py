"""Rows of prompts: those of one server apart from those of another, and answered by indexes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.alerts import notify_admins
from bot.core.text.coded_text import make_coded
from bot.errors import UserError
from bot.prompting import change_settings
from cogs.ui.named_essay_or_prompt import choose_essay, choose_prompt
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.delivery import alerts, messages
from storage.delivery.messages import NewMessage
from storage.prompts import claimed_prompts, listings, pauses, prompts
from storage.prompts.prompt_context import get_essay
from storage.servers import settings
from tests.prompting.prompt_rows import (
    HERE,
    NOON,
    THERE,
    add_prompt,
    set_up_servers,
)


async def test_a_server_neither_sees_nor_changes_prompts_of_another(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        await set_up_servers(tx)
        await add_prompt(tx, NOON)
        await pauses.pause(tx, THERE, 0)
        await change_settings.set_time_zone(tx, THERE, ZoneInfo("Asia/Tokyo"), NOON)
        assert (await settings.get_settings(tx, HERE)).zone_name == "UTC"
        assert not (await settings.get_settings(tx, HERE)).paused
        assert [essay.id for essay in await listings.get_essays(tx, THERE)] == [THERE]
        assert await listings.get_coming(tx, THERE, None, 9) == []
        assert await listings.get_past(tx, THERE, None, 9) == []
        with pytest.raises(UserError, match="no prompt"):
            await choose_prompt(tx, THERE, "1")
        for asked in (str(HERE), f"Essay {HERE}"):
            with pytest.raises(UserError, match="no essay"):
                await choose_essay(tx, THERE, asked)
            assert (await choose_essay(tx, HERE, asked)).id == HERE

    await database.write(work)


async def test_an_alert_is_sent_once_until_the_problem_has_passed(database: Database) -> None:
    async def work(tx: Transaction) -> list[bool]:
        await set_up_servers(tx)

        async def notify() -> bool:
            alert = make_coded("alert-too-many-threads")
            return await notify_admins(tx, HERE, about="channel 5", alert=alert, now_ms=0)

        alerted = [await notify() for _ in range(2)]
        await settings.set_alerts_channel(tx, HERE, 9)
        await alerts.clear(tx, HERE, "channel 5")
        alerted.append(await notify())
        rows = await tx.rows("SELECT channel_id, purpose, discussion_id FROM planned_messages")
        assert [tuple(row) for row in rows] == [(9, "notice", None)]
        return alerted

    assert await database.write(work) == [True, False, True]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT min(due_at) FROM prompts WHERE state = 'planned'",
        "SELECT id FROM prompts WHERE state = 'planned' AND due_at <= 5 ORDER BY due_at, id",
    ],
)
async def test_due_prompts_are_found_by_an_index(database: Database, sql: str) -> None:
    async def look(tx: Transaction) -> str:
        return " ".join(row["detail"] for row in await tx.rows(f"EXPLAIN QUERY PLAN {sql}"))

    plan = await database.read(look)
    assert "prompts_planned" in plan
    assert "TEMP B-TREE" not in plan


@pytest.mark.sqlite
async def test_claimed_prompts_are_found_by_an_index(database: Database) -> None:
    async def look(tx: Transaction) -> str:
        rows = await tx.rows(f"EXPLAIN QUERY PLAN {claimed_prompts.UNSENT}", {"now": 5})
        return " ".join(row["detail"] for row in rows)

    plan = await database.read(look)
    assert "prompts_claimed" in plan
    assert "SCAN prompts" not in plan.replace("SCAN prompts USING INDEX prompts_claimed", "")


@pytest.mark.sqlite
async def test_a_digest_reads_only_the_replies_of_its_week(database: Database) -> None:
    sql = """
    SELECT discussion_id, count(*) FROM replies WHERE id >= 5 AND server_id = 1
    AND deleted_at IS NULL GROUP BY discussion_id
    """

    async def look(tx: Transaction) -> str:
        return " ".join(row["detail"] for row in await tx.rows(f"EXPLAIN QUERY PLAN {sql}"))

    assert "replies_by_server (server_id=? AND id>?)" in await database.read(look)


@pytest.mark.parametrize("asked", [("0", "bare"), ()])
async def test_asked_questions_are_read_back_as_they_were_saved(
    database: Database, asked: tuple[str, ...]
) -> None:
    async def work(tx: Transaction) -> frozenset[str]:
        await set_up_servers(tx)
        prompt_id = await add_prompt(tx, NOON)
        (planned_message_id,) = await messages.plan(
            tx,
            server_id=HERE,
            discussion_id=HERE,
            channel_id=10,
            after_id=0,
            messages=[NewMessage("prompt", {"content": "So?"})],
            now_ms=0,
        )
        await prompts.claim(
            tx,
            prompt_id=prompt_id,
            planned_message_id=planned_message_id,
            channel_id=10,
            asked_questions=asked,
            now_ms=0,
        )
        return (await get_essay(tx, HERE)).asked_questions

    assert await database.write(work) == frozenset(asked)
