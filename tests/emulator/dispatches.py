"""Collecting the gateway dispatches of a world, for tests of what each change emits."""

from __future__ import annotations

from bot.emulator.payloads import Dispatch, render
from bot.emulator.world.events import Event
from bot.emulator.world.world import World


def collect_dispatches(world: World) -> list[Dispatch]:
    """A list that gets the dispatch of every event from now on."""
    found: list[Dispatch] = []

    def listen(event: Event) -> None:
        found.append(render(event, world))

    world.listeners.append(listen)
    return found
