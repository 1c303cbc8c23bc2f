"""Forked bots end with the run that started them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

_RUN = """
import asyncio, os, sys
from pathlib import Path
from tests.support.forked_bot import ForkedBot, run_forked_bot

async def main() -> None:
    folder = Path(sys.argv[1])
    (folder / ".env").touch()
    environment = dict(os.environ) | {
        "DISCORD_TOKEN": "x.y.z",
        "DISCORD_API_BASE": "http://127.0.0.1:9/api/v10",
        "DISCORD_GATEWAY_URL": "ws://127.0.0.1:9",
        "SALON_DATABASE": str(folder / "salon.sqlite3"),
        "SALON_ENV_FILE": "",
    }
    bot = ForkedBot(run_forked_bot, environment, print)
    await bot.start()
    print(bot.pid, flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


async def test_a_forked_bot_ends_when_its_run_is_killed(tmp_path: Path) -> None:
    if not hasattr(os, "pidfd_open"):
        pytest.skip("only Linux reports the end of a process that isn't a child of this one")
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _RUN, str(tmp_path)),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert run.stdout is not None
    bot = os.pidfd_open(int(await run.stdout.readline()))
    try:
        end_state = asyncio.Event()
        asyncio.get_running_loop().add_reader(bot, end_state.set)
        run.send_signal(signal.SIGKILL)
        await run.wait()
        async with asyncio.timeout(30):
            await end_state.wait()
    finally:
        asyncio.get_running_loop().remove_reader(bot)
        os.close(bot)
