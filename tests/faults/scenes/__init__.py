"""The scenes: short plays that together use every feature, each on a new world.

A scene is played by people who look, and try again where something seems to have had no effect,
so it is played the same whatever befalls the bot meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import (
    catching_up,
    commands,
    concurrent,
    editing,
    endings,
    errors,
    essay_threads,
    moving,
    privacy,
    prompt_settings,
    rare,
    talk,
)

__all__ = ["SCENES", "Scene"]

Scene = Callable[[ScenePlay], Awaitable[None]]

SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for module in (
        talk,
        essay_threads,
        moving,
        editing,
        endings,
        prompt_settings,
        commands,
        privacy,
        catching_up,
        errors,
        rare,
        concurrent,
    )
    for scene in module.SCENES
}
