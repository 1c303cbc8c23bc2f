"""One server's commands never show another's talk: every command, suggestion and file is asked.

The commands are taken as they are registered, so that one that is added is asked, too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import Channel, Command, Guild, User
from bot.emulator.world.seed import add_guild, add_member, invite_bot, join, put_channel
from tests.support.running_bot import RunningBot, component_texts, running_bot

TITLE = "Heliotrope"
ESSAY = f"# {TITLE}\n\nA chartreuse paragraph stands here alone.\n\nIs vermilion a colour?\n"
#: What only the first server may read: of the essay, of who spoke and what they said.
SECRETS = (TITLE, "chartreuse", "vermilion", "Zinnober", "magenta")
_SUB, _GROUP, _TEXT, _INTEGER, _BOOLEAN, _CHANNEL, _NUMBER, _FILE = 1, 2, 3, 4, 5, 7, 10, 11
#: What is typed where an option names something of a server's.
NAMED = {"essay": (TITLE, "1"), "prompt": ("1",)}
#: What other options are given, so that a command gets as far as it can.
TYPED = {
    "words": "of",
    "when": "in 3 days",
    "what": "text: Hello",
    "steps": "after 1 day: questions",
    "zone": "Europe/Berlin",
    "quiet": "22:00-08:00",
    "condition": "if quiet for 24 hours",
}


@dataclass
class Stranger:
    """Another server, of which the bot is a member too, and its owner."""

    running: RunningBot
    guild: Guild
    channel: Channel
    owner: User

    async def ask(self, kind: int, data: dict[str, Any]) -> str:
        """Everything that is answered: texts, forms, suggestions and what stands in files."""
        interaction = await self.running.interact(
            kind,
            data,
            who=self.owner,
            channel_id=self.channel.id,
            guild_id=str(self.guild.id),
        )
        await self.running.settle()
        (found,) = [
            one
            for one in (await self.running.world())["interactions"]
            if one["id"] == interaction["id"]
        ]
        told = [str(found["answer"])]
        for message in found["messages"]:
            told += [
                message["content"],
                component_texts(message["components"]),
                str(message["embeds"]),
            ]
            for file in message["attachments"]:
                async with self.running.session.get(file["url"]) as response:
                    told.append(f"{file['filename']} {await response.text(errors='replace')}")
        return "\n".join(told)


@pytest.fixture
async def stranger(tmp_path: Path) -> AsyncIterator[Stranger]:
    async with running_bot(tmp_path) as running:
        world = running.emulator.world
        teller = add_member(world, world.guild, "Zinnober")
        *_, closing = await running.publish(ESSAY, "secret.md")
        head = await running.write(teller.display_name or "", "A magenta reply.", to=closing["id"])
        await running.settle()
        await running.write("Ben", "More of magenta.", channel_id=head)
        owner = world.add_user("zoe", "Zoe")
        guild = add_guild(world, "Elsewhere", owner)
        channel = put_channel(world, guild, "lounge")
        invite_bot(world, guild, world.bot)
        await running.settle()
        yield Stranger(running, guild, channel, owner)


def leaves(command: Command) -> Iterator[tuple[list[str], list[dict[str, Any]]]]:
    """Every command and subcommand: its path and its options."""

    def below(path: list[str], options: list[dict[str, Any]]) -> Any:
        inner = [option for option in options if option["type"] in (_SUB, _GROUP)]
        if not inner:
            yield path, options
        for option in inner:
            yield from below([*path, option["name"]], option.get("options") or [])

    yield from below([], command.body.get("options") or [])


def value_of(option: dict[str, Any], named: str, channel_id: int) -> Any:
    """What is given for an option; None to leave it out."""
    if option.get("choices"):
        return option["choices"][0]["value"]
    match option["type"]:
        case 3:
            if option["name"] in NAMED:
                return named
            return (
                TYPED.get(option["name"])
                if not option.get("required")
                else TYPED.get(option["name"], "1")
            )
        case 4 | 10:
            return max(1, int(option.get("min_value") or 1)) if option.get("required") else None
        case 5:
            return True if option.get("required") else None
        case 7:
            return str(channel_id)
    return None


def data_for(command: Command, path: list[str], given: list[dict[str, Any]]) -> dict[str, Any]:
    for part in reversed(path):
        given = [{"type": _SUB, "name": part, "options": given}]
    return {
        "id": str(command.id),
        "name": command.name,
        "type": 1,
        "version": str(command.version),
        "options": given,
    }


def slash_commands(running: RunningBot) -> list[Command]:
    found = [c for c in running.emulator.world.commands.values() if c.type == 1]
    assert len(found) > 3
    return found


def leaked(told: str) -> list[str]:
    return [secret for secret in SECRETS if secret.casefold() in told.casefold()]


async def test_no_command_answers_with_another_servers_content(stranger: Stranger) -> None:
    asked = 0
    for command in slash_commands(stranger.running):
        for path, options in leaves(command):
            names = {option["name"] for option in options} & set(NAMED)
            for named in NAMED[names.pop()] if names else ("",):
                given = []
                for option in options:
                    value = value_of(option, named, stranger.channel.id)
                    if value is not None:
                        given.append(
                            {"type": option["type"], "name": option["name"], "value": value}
                        )
                told = await stranger.ask(2, data_for(command, path, given))
                # What was typed may be repeated.
                told = told.replace(named, "") if named else told
                assert not leaked(told), f"/{command.name} {' '.join(path)} {given}: {told}"
                asked += 1
    assert asked > 25, "every command was asked"
    (exported,) = [await stranger.running.export("1")]
    assert exported["essay"]["state"] == "open", "and none was carried out on another's essay"
    assert len(exported["replies"]) == 2
    assert "A magenta reply." in {reply["text"] for reply in exported["replies"]}


async def test_no_autocomplete_suggests_another_servers_content(stranger: Stranger) -> None:
    asked = 0
    for command in slash_commands(stranger.running):
        for path, options in leaves(command):
            for option in options:
                if not option.get("autocomplete"):
                    continue
                for typed in ("", "1", TITLE[:4]):
                    given = [
                        {
                            "type": option["type"],
                            "name": option["name"],
                            "value": typed,
                            "focused": True,
                        }
                    ]
                    told = await stranger.ask(4, data_for(command, path, given))
                    assert not leaked(told), f"/{command.name} {' '.join(path)} {option['name']}"
                    asked += 1
    assert asked > 20


async def test_the_members_of_the_server_itself_are_shown_it(stranger: Stranger) -> None:
    """Else the tests above would pass of themselves."""
    running = stranger.running
    listed = await running.answer_text(await running.run_command("essay list"))
    assert TITLE in listed
    options = [{"type": 3, "name": "essay", "value": "1"}]
    asked = await running.run_command("essay export", options=options)
    await running.settle()
    (file,) = (await running.answer_message(asked))["attachments"]
    async with running.session.get(file["url"]) as response:
        assert "magenta" in await response.text()


async def test_a_members_data_of_another_server_is_not_sent_here(
    stranger: Stranger,
) -> None:
    running = stranger.running
    teller = running.member("Zinnober")
    stranger.owner = teller
    join(running.emulator.world, stranger.guild, teller)
    command = next(c for c in slash_commands(running) if c.name == "privacy")
    told = await stranger.ask(2, data_for(command, ["my-data"], []))
    assert "magenta" not in told
    assert "0 replies" in told
