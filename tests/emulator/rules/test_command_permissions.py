"""Who may use a command. docs: Application Commands › Permissions."""

from __future__ import annotations

from typing import Any

import pytest

from bot.emulator.world.models import Role
from bot.emulator.world.permissions import Permission
from tests.emulator.dispatches import collect_dispatches
from tests.emulator.http_clients import ApiClient, SeededServer

ROLE, USER, CHANNEL = 1, 2, 3
FOR_ADMINS = {"name": "essay", "description": "x", "default_member_permissions": str(1 << 5)}
FOR_NOBODY = {"name": "essay", "description": "x", "default_member_permissions": "0"}
FOR_ALL = {"name": "essay", "description": "x"}


class Commands:
    """One command of the bot's, and its overrides."""

    def __init__(self, server: SeededServer) -> None:
        self.server = server
        self.id = 0
        self.world = server.emulator.world
        self.path = f"/applications/{server.application_id}/guilds/{server.guild_id}/commands"

    async def register(self, command: dict[str, Any]) -> None:
        path = f"/applications/{self.server.application_id}/commands"
        (found,) = (await self.server.bot.put(path, [command])).body
        self.id = int(found["id"])

    async def override(self, *overrides: tuple[int, int, bool], target: int | None = None) -> Any:
        """The owner sets the overrides of the command, or of ``target``."""
        body = {
            "permissions": [
                {"id": str(target_id), "type": kind, "permission": allowed}
                for kind, target_id, allowed in overrides
            ]
        }
        reply = await self.server.ada.put(f"{self.path}/{target or self.id}/permissions", body)
        assert reply.status == 200, reply
        return reply.body

    async def can_use(self, who: ApiClient, channel_id: int | None = None) -> bool:
        body = {
            "type": 2,
            "application_id": str(self.server.application_id),
            "guild_id": str(self.server.guild_id),
            "channel_id": str(channel_id or self.server.essays),
            "session_id": "s",
            "data": {"id": str(self.id), "name": "essay", "type": 1, "options": []},
        }
        reply = await who.post("/interactions", body)
        assert reply.status == 204 or reply.code == 50013, reply
        return reply.status == 204

    def give_role(self, who: ApiClient, permissions: int = 0) -> int:
        """Give a member a new role; its id."""
        role = Role(self.world.new_id(), "role", permissions)
        self.world.guild.roles[role.id] = role
        self.world.guild.members[who.user.id].roles.append(role.id)
        return role.id


@pytest.fixture
def commands(server: SeededServer) -> Commands:
    """The commands of the test's bot."""
    return Commands(server)


async def test_overrides_of_a_user_roles_and_everyone_count_in_that_order(
    commands: Commands,
) -> None:
    """docs: Permissions Constants; support.discord.com: Command Permissions Lockout."""
    server, everyone = commands.server, commands.server.guild_id
    await commands.register(FOR_ALL)
    role, other = commands.give_role(server.ann), commands.give_role(server.ann)
    await commands.override((ROLE, everyone, False))
    assert not await commands.can_use(server.ann)
    assert await commands.can_use(server.ada), "administrators may use every command"
    await commands.override((ROLE, everyone, False), (ROLE, role, True))
    assert await commands.can_use(server.ann)
    assert not await commands.can_use(server.ben)
    await commands.override((ROLE, other, False), (ROLE, role, True))
    assert await commands.can_use(server.ann), "one role that may is enough"
    await commands.override((ROLE, role, True), (USER, server.ann.user.id, False))
    assert not await commands.can_use(server.ann)


@pytest.mark.parametrize("command", [FOR_ADMINS, FOR_NOBODY])
async def test_an_override_allows_what_the_default_permissions_do_not(
    commands: Commands, command: dict[str, Any]
) -> None:
    """docs: Using Default Permissions; support.discord.com: Updates to Command Permissions."""
    server = commands.server
    await commands.register(command)
    assert not await commands.can_use(server.ann)
    await commands.override((USER, server.ann.user.id, True))
    assert await commands.can_use(server.ann)
    assert not await commands.can_use(server.ben), "the default still counts for the others"
    commands.give_role(server.ben, Permission.MANAGE_GUILD)
    assert await commands.can_use(server.ben) == (command is FOR_ADMINS)


async def test_the_command_overrides_the_application(commands: Commands) -> None:
    """support.discord.com: Updates to Command Permissions."""
    server, application = commands.server, commands.server.application_id
    await commands.register(FOR_ALL)
    await commands.override((ROLE, server.guild_id, False), target=application)
    assert not await commands.can_use(server.ann)
    await commands.override((USER, server.ann.user.id, True))
    assert await commands.can_use(server.ann)
    assert not await commands.can_use(server.ben)


async def test_channels_can_be_allowed_and_denied(commands: Commands) -> None:
    """docs: Permissions Constants: all channels; threads have their parent's."""
    server = commands.server
    everywhere, essays, application = server.guild_id - 1, server.essays, server.application_id
    await commands.register(FOR_ALL)
    message = await server.ann.post_message(essays, "A thread's first message")
    thread = int((await server.ann.open_thread(essays, message["id"]))["id"])
    places = {"essays": essays, "thread": thread, "forum": server.forum}

    async def usable() -> set[str]:
        return {n for n, place in places.items() if await commands.can_use(server.ann, place)}

    await commands.override((CHANNEL, essays, False))
    assert await usable() == {"forum"}
    await commands.override((CHANNEL, everywhere, False), (CHANNEL, essays, True))
    assert await usable() == {"essays", "thread"}
    await commands.override((CHANNEL, everywhere, False), target=application)
    await commands.override((CHANNEL, server.forum, True))
    assert await usable() == {"forum"}
    await commands.override((USER, server.ann.user.id, True))
    assert await usable() == set(), "an allowed user is bound to the channels"


async def test_the_bot_reads_the_overrides_and_is_told_of_changes(commands: Commands) -> None:
    """docs: Get Guild Application Command Permissions; Application Command Permissions Update."""
    server = commands.server
    await commands.register(FOR_ALL)
    assert (await server.bot.get(f"{commands.path}/permissions")).body == []
    assert (await server.bot.get(f"{commands.path}/{commands.id}/permissions")).code == 10066
    seen = collect_dispatches(server.emulator.world)
    changed = await commands.override((USER, server.ann.user.id, True))
    assert changed == {
        "id": str(commands.id),
        "application_id": str(server.application_id),
        "guild_id": str(server.guild_id),
        "permissions": [{"id": str(server.ann.user.id), "type": USER, "permission": True}],
    }
    (told,) = [one for one in seen if one.name == "APPLICATION_COMMAND_PERMISSIONS_UPDATE"]
    assert (told.data, told.user_id) == (changed, server.bot.user.id)
    assert (await server.bot.get(f"{commands.path}/permissions")).body == [changed]
    assert (await server.bot.get(f"{commands.path}/{commands.id}/permissions")).body == changed
    await commands.override()
    assert (await server.bot.get(f"{commands.path}/permissions")).body == []


async def test_only_people_who_manage_the_server_set_overrides(commands: Commands) -> None:
    """docs: Application Commands › Permissions; JSON Error Codes (20001, 50013)."""
    server = commands.server
    await commands.register(FOR_ADMINS)
    path = f"{commands.path}/{commands.id}/permissions"
    none: dict[str, Any] = {"permissions": []}
    assert (await server.bot.put(path, none)).code == 20001
    assert (await server.ann.put(path, none)).code == 50013
    commands.give_role(server.ann, Permission.MANAGE_GUILD)
    assert (await server.ann.put(path, none)).code == 50013, "Manage Roles is needed too"
    commands.give_role(server.ann, Permission.MANAGE_ROLES)
    assert (await server.ann.put(path, none)).status == 200
    await commands.override((USER, server.ann.user.id, False))
    assert (await server.ann.put(path, none)).code == 50013, "who can't use it can't open it"


@pytest.mark.parametrize(
    "override",
    [
        {"id": "1", "type": ROLE, "permission": True},
        {"id": "1", "type": USER, "permission": True},
        {"id": "1", "type": CHANNEL, "permission": True},
        {"id": "1", "type": 4, "permission": True},
        {"type": USER, "permission": True},
        {"id": "1", "type": USER},
    ],
)
async def test_an_invalid_override_is_refused(commands: Commands, override: dict[str, Any]) -> None:
    """docs: Application Command Permissions Structure."""
    await commands.register(FOR_ALL)
    path = f"{commands.path}/{commands.id}/permissions"
    reply = await commands.server.ada.put(path, {"permissions": [override]})
    assert reply.code == 50035
    everyone = {"id": str(commands.server.guild_id), "type": ROLE, "permission": True}
    for many in ([everyone] * 2, [everyone] * 101):
        assert (await commands.server.ada.put(path, {"permissions": many})).code == 50035
