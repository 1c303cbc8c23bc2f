"""Buttons, selects and forms: their command's permission is checked when they are used."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import discord

import cogs
from bot.app.client import Salon
from bot.clock import Clock
from bot.emulator.world.models import Role
from bot.emulator.world.permissions import Permission
from cogs.ui.permission_checks import CheckedItem
from storage.db.database import Database
from tests.support.running_bot import ESSAY, RunningBot, form_data, running_bot

_REFUSED = "This is part of `/essay`, which you aren't allowed to use here."


async def test_every_button_select_and_form_names_the_command_it_belongs_to() -> None:
    salon = Salon(Database(Path(), None, []), Clock())
    await salon.load_cogs()
    try:
        commands = {command.name for command in salon.tree.get_commands()}
        items = salon._connection._view_store._dynamic_items.values()
        assert len(items) >= 6
        for item in items:
            assert issubclass(item, CheckedItem), item
            assert vars(item).get("callback") is None, item
            assert item.mro().index(CheckedItem) < item.mro().index(discord.ui.DynamicItem), item
            assert item.command in commands, item
        forms = salon.forms.get_form_commands()
        assert len(forms) >= 7
        assert set(forms.values()) <= commands
        assert not salon.persistent_views, "persistent views aren't checked: use dynamic items"
        listeners = salon.extra_events.get("on_interaction", [])
        assert [one.__qualname__ for one in listeners] == ["Forms.on_interaction"]
    finally:
        await salon.close()


def test_nothing_but_checked_items_handles_components() -> None:
    """A view, modal or button with its own callback would bypass the check."""
    wrong = []
    for path in sorted(Path(cogs.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base).split("[")[0].rpartition(".")[2] for base in node.bases}
                unchecked = {"View", "LayoutView", "Modal", "Button", "Select"} & bases
                if unchecked or ("DynamicItem" in bases and "CheckedItem" not in bases):
                    wrong.append(f"{path.name}: {node.name}")
            elif isinstance(node, ast.AsyncFunctionDef) and node.name == "callback":
                wrong.append(f"{path.name}: a callback")
    assert wrong == ["permission_checks.py: a callback"]


async def override(running: RunningBot, *overrides: tuple[int, int, bool]) -> None:
    """The owner sets the overrides of /essay under *Integrations*."""
    world = running.emulator.world
    command = next(one for one in world.commands.values() if one.name == "essay")
    path = (
        f"/applications/{world.application.id}/guilds/{running.server_id}/commands/{command.id}"
        "/permissions"
    )
    body = {
        "permissions": [
            {"type": kind, "id": str(target), "permission": allowed}
            for kind, target, allowed in overrides
        ]
    }
    await running.call_as(running.member(), "PUT", path, body)
    await running.settle()


async def test_who_lost_the_permission_cannot_press_or_submit_what_was_shown(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        world, ann = running.emulator.world, running.member("Ann")
        role = Role(world.new_id(), "editors", Permission.MANAGE_GUILD)
        world.guild.roles[role.id] = role
        world.guild.members[ann.id].roles = [role.id]
        draft = await running.run_command(
            "essay publish", who=ann, file=("bread.md", ESSAY.encode())
        )
        panel = await running.run_command("setup", who=ann)
        form = (await running.press(draft, "Edit details", who=ann))["answer"]
        below = (await running.answer_message(draft))["id"]

        async def press() -> str:
            return await running.answer_text(await running.press(draft, "Publish", who=ann))

        async def submit() -> str:
            entered: dict[str, Any] = form_data(form, {"Title": "Stolen"})
            return await running.answer_text(
                await running.interact(5, entered, who=ann, message_id=below)
            )

        await override(running, (2, ann.id, False))
        assert _REFUSED in await press()
        await override(running, (1, running.server_id, False), (1, role.id, True))
        assert _REFUSED not in await running.answer_text(
            await running.press(draft, "Full text", who=ann)
        )
        world.guild.members[ann.id].roles = []
        assert _REFUSED in await press()
        assert _REFUSED in await submit()
        shown = await running.answer_message(panel)
        data = {"component_type": 2, "custom_id": "salon:setup:numbers"}
        pressed = await running.interact(3, data, who=ann, message_id=shown["id"])
        told = await running.answer_text(pressed)
        assert "This is part of `/setup`, which you aren't allowed to use here." in told
        assert await running.bot_messages() == []
        assert "Slow bread" in await running.answer_text(await running.run_command("essay list"))
