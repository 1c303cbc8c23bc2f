"""Every alert in the pseudo-language, caused as it is on Discord."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.text.coded_text import CodedText, read_coded
from bot.core.text.sentences_by_code import SENTENCES
from bot.core.text.translate import use_language
from storage.db.writer import Transaction
from storage.servers import settings
from tests.catalogs.alert_scenes import OFFLINE_SCENES, SCENES
from tests.catalogs.pseudo_server import (
    LANGUAGE,
    Untranslated,
    announce_language,
    run_pseudo_emulator,
)
from tests.support.running_bot import RunningBot, run_bot


def test_every_alert_has_a_scene() -> None:
    codes = {code for code in SENTENCES if code.startswith(("alert-", "notice-"))}
    assert codes == SCENES.keys()


@pytest.mark.parametrize("code", SCENES)
async def test_an_alert_is_posted_in_the_servers_language(code: str, tmp_path: Path) -> None:
    seen = Untranslated()
    async with run_pseudo_emulator(tmp_path) as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await announce_language(running)
            await _choose_alerts_channel(running)
            await SCENES[code](running)
            if code not in OFFLINE_SCENES:
                await _check(running, code, seen)
        if code in OFFLINE_SCENES:
            async with run_bot(tmp_path, emulator) as running:
                await _check(running, code, seen)
    seen.check()


async def _choose_alerts_channel(running: RunningBot) -> None:
    async def choose(tx: Transaction) -> None:
        await settings.register_server(tx, running.server_id, "", running.clock.now_ms())
        await settings.set_alerts_channel(tx, running.server_id, running.channel("admins"))

    await running.database.write(choose)


def _list_codes(alert: CodedText) -> list[str]:
    """The codes of an alert and of the texts in it."""
    inner = [value for _name, value in alert.values if isinstance(value, CodedText)]
    return [alert.code, *(code for one in inner for code in _list_codes(one))]


async def _check(running: RunningBot, code: str, seen: Untranslated) -> None:
    """The alert with the code was posted as it is stored, and all that is posted is translated."""
    rows = await running.database.read(lambda tx: tx.rows("SELECT alert FROM alerts"))
    stored = [alert for row in rows if (alert := read_coded(row["alert"])) is not None]
    with use_language(LANGUAGE):
        wanted = [str(alert) for alert in stored if code in _list_codes(alert)]
    assert wanted, [alert.code for alert in stored]
    posted = [
        message["content"]
        for message in (await running.world())["messages"]
        if message["author"]["id"] == str(running.emulator.world.bot.id)
    ]
    assert wanted[0] in posted
    assert wanted[0].startswith(("⟦", "-# ⟦")), wanted
    await seen.look_at_posts(running)
