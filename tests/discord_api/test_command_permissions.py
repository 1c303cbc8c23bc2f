"""Who may use a command: default permissions and overrides."""

from __future__ import annotations

import discord
import pytest

from bot.discord_api.command_permissions import Override, OverrideType, User, is_allowed

SERVER, ANN, HERE, ROLE, OTHER = 1000, 1, 2, 3, 4
EVERYONE, EVERYWHERE = SERVER, SERVER - 1
ADMINS = discord.Permissions(manage_guild=True)
NOBODY = discord.Permissions.none()


def user(*permissions: str, roles: tuple[int, ...] = (ROLE, OTHER)) -> User:
    held = discord.Permissions(use_application_commands=True)
    held.update(**dict.fromkeys(permissions, True))
    return User(ANN, SERVER, HERE, roles, held)


def role(role_id: int, allowed: bool) -> Override:
    return Override(role_id, OverrideType.ROLE, allowed)


def person(allowed: bool, user_id: int = ANN) -> Override:
    return Override(user_id, OverrideType.USER, allowed)


def channel(channel_id: int, allowed: bool) -> Override:
    return Override(channel_id, OverrideType.CHANNEL, allowed)


@pytest.mark.parametrize(
    ("default", "held", "allowed"),
    [
        (None, (), True),
        (ADMINS, (), False),
        (ADMINS, ("manage_guild",), True),
        (ADMINS, ("manage_channels",), False),
        (NOBODY, ("manage_guild",), False),
        (NOBODY, ("administrator",), True),
    ],
)
def test_without_overrides_the_default_permissions_count(
    default: discord.Permissions | None, held: tuple[str, ...], allowed: bool
) -> None:
    assert is_allowed(user(*held), default, (), ()) == allowed


@pytest.mark.parametrize(
    ("command", "application", "allowed"),
    [
        # a user's own override, then roles, then @everyone
        ([person(True), role(ROLE, False), role(EVERYONE, False)], [], True),
        ([person(False), role(ROLE, True)], [], False),
        ([person(True, user_id=ANN + 100)], [], False),
        ([role(ROLE, True), role(OTHER, False)], [], True),
        ([role(ROLE, False), role(EVERYONE, True)], [], False),
        ([role(EVERYONE, True)], [], True),
        ([role(77, True)], [], False),
        # the command's come before those of all commands
        ([role(EVERYONE, False)], [person(True)], False),
        ([person(True)], [role(EVERYONE, False)], True),
        ([channel(HERE, True)], [person(True)], True),
        ([], [role(ROLE, True)], True),
        # a channel can only take away
        ([channel(HERE, True)], [], False),
        ([person(True), channel(HERE, False)], [], False),
        ([person(True), channel(EVERYWHERE, False)], [], False),
        ([person(True), channel(EVERYWHERE, False), channel(HERE, True)], [], True),
        ([person(True)], [channel(EVERYWHERE, False)], False),
        ([person(True), channel(HERE, True)], [channel(EVERYWHERE, False)], True),
        ([person(True), channel(EVERYWHERE, False)], [channel(HERE, True)], False),
    ],
)
def test_overrides_change_who_may_use_a_command_for_admins(
    command: list[Override], application: list[Override], allowed: bool
) -> None:
    assert is_allowed(user(), ADMINS, command, application) == allowed


def test_administrators_may_use_every_command() -> None:
    denied = [person(False), role(EVERYONE, False), channel(HERE, False)]
    assert is_allowed(user("administrator"), NOBODY, denied, denied)


def test_nobody_uses_a_command_where_they_may_not_use_commands() -> None:
    held = discord.Permissions(manage_guild=True)
    assert not is_allowed(User(ANN, SERVER, HERE, (), held), ADMINS, [person(True)], ())
