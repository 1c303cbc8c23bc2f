"""The scenes: short plays that together use every feature, each on a new world.

The people in a scene look, and try again if something seems to have had no effect, so a scene is
played the same whatever happens to the bot meanwhile.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import (
    answers,
    catch_up,
    commands,
    concurrent,
    discussion,
    edge_cases,
    editing,
    errors,
    essay_threads,
    indexes,
    notifications,
    privacy,
    prompt_settings,
    questions,
    removals,
    reply_moves,
)

__all__ = ["SCENES", "Scene"]

Scene = Callable[[ScenePlay], Awaitable[None]]

SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for module in (
        discussion,
        essay_threads,
        reply_moves,
        answers,
        questions,
        indexes,
        notifications,
        editing,
        removals,
        prompt_settings,
        commands,
        privacy,
        catch_up,
        errors,
        edge_cases,
        concurrent,
    )
    for scene in module.SCENES
}
