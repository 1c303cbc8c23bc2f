"""What the bot may do in a channel, from the gateway's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.app.client import Salon
from tests.bench import frames
from tests.support.call_counts import count_calls
from tests.support.running_bot import running_bot


def add_server(salon: Salon, number: int) -> None:
    """A server with a channel of the same id, as the library adds it."""
    made: Any = frames.guild()
    roles = [made["roles"][0] | {"id": str(number)}]
    channel = made["channels"][0] | {"id": str(number), "name": "essays"}
    own = frames.member() | {"user": frames.user(salon.own_id, "Salon")}
    made |= {
        "members": [own],
        "id": str(number),
        "roles": roles,
        "channels": [channel],
        "threads": [],
    }
    salon._connection._add_guild_from_data(made)


def ask(salon: Salon, server_id: int) -> None:
    """Ask what the bot may do in the channel of a server."""
    salon.can_read_history(server_id, server_id)
    salon.explain_cannot_host(server_id, server_id)
    salon.is_locked(server_id, server_id + 1)


async def test_a_channel_is_looked_for_in_its_own_server_only(tmp_path: Path) -> None:
    counts = []
    async with running_bot(tmp_path) as running:
        salon = running.salon
        for first, last in ((1, 1), (2, 100)):
            for number in range(first, last + 1):
                add_server(salon, number)
            assert salon.get_target_channel(last, last) is not None
            assert salon.get_target_channel(last, 1) is None or last == 1
            counts.append(count_calls(lambda last=last: ask(salon, last)))  # type: ignore[misc]
    assert counts[0] == counts[1]
