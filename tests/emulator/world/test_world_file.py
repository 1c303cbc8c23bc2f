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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        _BASE + "color = 1\n",
        _BASE + 'everyone = ["FLY"]\n',
        _BASE + 'bots = [{ name = "B" }]\n',
        _BASE + 'members = [{ name = "Ann", roles = ["None"] }]\n',
        _BASE + 'channels = [{ name = "c", type = "stage" }]\n',
        _BASE + 'channels = [{ name = "c", overwrites = [{ member = "Zoe" }] }]\n',
        _BASE + 'channels = [{ name = "c", slowmode = "5" }]\n',
    ],
)
def test_an_invalid_file_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(WorldFileError):
        _read(tmp_path, text)
