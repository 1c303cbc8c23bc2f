"""Rendering events as gateway dispatches."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.emulator.payloads import render
from bot.emulator.world.events import Event


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: str(kind.__name__))
def test_every_event_of_the_world_has_a_dispatch(kind: type) -> None:
    assert render.dispatch(kind) is not render.dispatch(object)
