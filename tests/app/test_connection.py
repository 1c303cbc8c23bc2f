"""The connection: lost in any way, it is resumed or replaced."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp

from tests.support.spawned_bot import spawned_bot

SOON = 60.0


async def test_a_connection_cut_before_its_session_begins_is_replaced(
    tmp_path: Path,
) -> None:
    """The library would resume a session it never had, at full speed, for ever."""
    async with spawned_bot(tmp_path, forked=True) as spawned, aiohttp.ClientSession() as session:
        cut = {"kind": "gateway_close", "code": 4000}
        async with session.post(f"{spawned.emulator.page}/rehearsal/faults", json=cut) as response:
            assert response.status < 300
        await spawned.bot.start()
        await asyncio.wait_for(spawned.emulator.dispatcher.wait_for_bot(), SOON)
    assert not re.search("Traceback", "\n".join(spawned.log)), "\n".join(spawned.log)
