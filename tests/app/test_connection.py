"""The connection: lost in any way, it is taken up again or made anew."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp

from tests.support.bot_process import staged

SOON = 60.0


async def test_a_connection_that_is_cut_before_its_session_stands_is_made_anew(
    tmp_path: Path,
) -> None:
    """The library would resume a session it never had, at full speed, for ever."""
    async with staged(tmp_path) as stage, aiohttp.ClientSession() as session:
        cut = {"kind": "gateway_close", "code": 4000}
        async with session.post(f"{stage.emulator.page}/rehearsal/faults", json=cut) as response:
            assert response.status < 300
        await stage.bot.start()
        await asyncio.wait_for(stage.emulator.dispatcher.wait_for_bot(), SOON)
    assert not re.search("Traceback", "\n".join(stage.log)), "\n".join(stage.log)
