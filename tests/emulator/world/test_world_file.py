"""Worlds described in TOML files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.emulator.world.models import ChannelType
from bot.emulator.world.permissions import Permission
from bot.emulator.world.world_file import WorldFileError, read_world_file

_DOCUMENT = Path(__file__).parents[3] / "docs" / "emulator.md"
_BASE = '[[bots]]\nname = "A"\n[[servers]]\nname = "S"\n'


def _read(folder: Path, text: str) -> None:
    path = folder / "world.toml"
    path.write_text(text, encoding="utf-8")
    read_world_file(path)


def test_the_documented_example_can_be_read(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", _DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    path = tmp_path / "world.toml"
    path.write_text(found[1], encoding="utf-8")
    world = read_world_file(path)
    channels = {channel.name: channel for channel in world.channels_of(world.guild.id)}
    assert channels["essays"].parent_id == channels["Reading"].id
    assert channels["Reading"].type is ChannelType.CATEGORY
    ann, ben = (
        next(user for user in world.users.values() if user.display_name == name)
        for name in ("Ann", "Ben")
    )
    assert world.user_by_authorization("anns-token") is ann
    assert world.permissions(ann.id, channels["essays"].id) & Permission.SEND_MESSAGES
    assert not world.permissions(ben.id, channels["essays"].id) & Permission.SEND_MESSAGES
    assert world.user_by_authorization("Bot a-fixed-token") is world.bot


def test_several_bots_share_a_server(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(
        '[[bots]]\nname = "A"\n[[bots]]\nname = "B"\nseparate_application_id = true\n'
        '[[servers]]\nname = "S"\nbots = [{ name = "A" }, { name = "B" }]\n',
        encoding="utf-8",
    )
    world = read_world_file(path)
    first, second = world.applications.values()
    assert (first.id == first.bot_id, second.id == second.bot_id) == (True, False)
    assert {first.bot_id, second.bot_id} <= world.guild.members.keys()


_BOT = '[[bots]]\nname = "B"\n'
_SERVER = '[[servers]]\nname = "S"\n'
_INVALID = {
    "": "The file needs at least one server and one bot.",
    "[": "isn't valid TOML",
    "x = 1": "The file has an unknown key: x.",
    '[servers]\nname = "S"': "servers must be a list.",
    _BASE + "color = 1": "servers[0] has an unknown key: color.",
    _BASE + 'everyone = ["FLY"]': "servers[0].everyone names an unknown permission: FLY.",
    _BASE + 'everyone = "FLY"': "servers[0].everyone must be a list.",
    _BASE + 'bots = [{ name = "B" }]': "servers[0].bots[0] names a bot that isn't in bots: B.",
    _BASE + 'bots = [{ name = "A" }, { name = "A" }]': "servers[0].bots has the name A twice.",
    _BASE + 'members = [{ name = "Ann", roles = ["None"] }]': "names an unknown role: None.",
    _BASE + 'members = [{ name = "Ann", roles = [["x"]] }]': "names an unknown role: ['x'].",
    _BASE + 'members = [{ name = "Ann", roles = ["@everyone"] }]': "other than @everyone.",
    _BASE + 'members = [{ name = "A" }, { name = "A" }]': "members has the name A twice.",
    _BASE + f'members = [{{ name = "A", nick = "{"x" * 33}" }}]': "must have 1 to 32 characters.",
    _BASE + f'members = [{{ name = "{"x" * 33}" }}]': "name must have 1 to 32 characters.",
    _BASE + 'roles = [{ name = "R" }, { name = "R" }]': "servers[0].roles has the name R twice.",
    _BASE + 'roles = [{ name = "@everyone" }]': "servers[0].roles[0] can't be named @everyone",
    _BASE + 'emojis = [{ name = "a" }]': "servers[0].emojis[0].name must have 2 to 32 characters.",
    _BASE + 'stickers = [{ name = "ab", format = "bmp" }]': "one of png, apng, lottie, gif.",
    _BASE + "channels = [{}]": "servers[0].channels[0] needs a name.",
    _BASE + 'channels = ["c"]': "servers[0].channels[0] must be a table.",
    _BASE + 'channels = { name = "c" }': "servers[0].channels must be a list.",
    _BASE + 'channels = [{ name = "  " }]': "servers[0].channels[0] needs a name.",
    _BASE + f'channels = [{{ name = "{"x" * 101}" }}]': "must have 1 to 100 characters.",
    _BASE + 'channels = [{ name = "c", type = "stage" }]': "channels[0].type must be one of",
    _BASE + 'channels = [{ name = "c" }, { name = "c" }]': "channels has the name c twice.",
    _BASE + 'channels = [{ name = "c", category = "k" }]': "names an unknown category: k.",
    _BASE + 'channels = [{ name = "c", category = "c" }]': "names an unknown category: c.",
    _BASE + 'channels = [{ name = "k", type = "category", category = "k" }]': "can't be in one.",
    _BASE + 'channels = [{ name = "c", slowmode = "5" }]': "slowmode must be a whole number.",
    _BASE + 'channels = [{ name = "c", slowmode = true }]': "slowmode must be a whole number.",
    _BASE + 'channels = [{ name = "c", slowmode = -1 }]': "slowmode must be from 0 to 21600.",
    _BASE + 'channels = [{ name = "c", slowmode = 21601 }]': "slowmode must be from 0 to 21600.",
    _BASE + 'channels = [{ name = "c", overwrites = [{ member = "Zoe" }] }]': "member: Zoe.",
    _BASE + 'channels = [{ name = "c", overwrites = [{ member = "A" }] }]': "unknown member: A.",
    _BASE + 'channels = [{ name = "c", overwrites = [{}] }]': "needs either a role or a member.",
    _BASE + f"channels = {'[' * 5000}{']' * 5000}": "is nested too deeply.",
    _BOT + _BASE + _SERVER: "servers has the name S twice.",
    _BOT + _BOT + _SERVER: "bots has the name B twice.",
    _BOT + 'token = ""\n' + _SERVER: "token must have only ASCII characters and no spaces.",
    _BOT + 'token = "a b"\n' + _SERVER: "token must have only ASCII characters and no spaces.",
    _BOT + 'token = "t"\n[[bots]]\nname = "A"\ntoken = "t"\n' + _SERVER: "token is used twice.",
    _BOT + 'intents = ["all"]\n' + _SERVER: "bots[0].intents has an unknown intent: all.",
    _BOT + 'intents = [["all"]]\n' + _SERVER: "bots[0].intents has an unknown intent: ['all'].",
}


@pytest.mark.parametrize(("text", "reason"), _INVALID.items())
def test_an_invalid_file_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(WorldFileError, match=re.escape(reason)):
        _read(tmp_path, text)


def test_values_at_their_limits_are_read(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(
        _BASE
        + 'bots = [{ name = "A" }]\n'
        + f'members = [{{ name = "{"m" * 32}", nick = "{"n" * 32}" }}, {{ name = "x" }}]\n'
        + 'channels = [{ name = "c", category = "later", slowmode = 21600 }, '
        + '{ name = "later", type = "category" }, '
        + '{ name = "d", overwrites = [{ member = "A", deny = ["SEND_MESSAGES"] }] }]\n',
        encoding="utf-8",
    )
    world = read_world_file(path)
    channels = {channel.name: channel for channel in world.channels_of(world.guild.id)}
    assert channels["c"].parent_id == channels["later"].id
    assert channels["c"].rate_limit_per_user == 21600
    assert not world.permissions(world.bot.id, channels["d"].id) & Permission.SEND_MESSAGES
