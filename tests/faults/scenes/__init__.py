"""The scenes: short plays that together use every feature, each on a new world.

A scene is played by people who look, and try again where something seems to have had no effect,
so it is played the same whatever befalls the bot meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.faults.scenes import (
    commands,
    editing,
    endings,
    manners,
    meanwhile,
    moving,
    own_places,
    privacy,
    rarer,
    recovering,
    talk,
    trouble,
)
from tests.faults.stage import Stage

__all__ = ["SCENES", "Scene"]

Scene = Callable[[Stage], Awaitable[None]]

SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for module in (
        talk,
        own_places,
        moving,
        editing,
        endings,
        manners,
        commands,
        privacy,
        recovering,
        trouble,
        rarer,
        meanwhile,
    )
    for scene in module.SCENES
}
