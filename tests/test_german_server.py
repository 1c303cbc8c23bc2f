"""A German server, a German essay on an English one, and the reverse, with the German catalog."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.emulator.world.models import Overwrite, OverwriteType
from bot.emulator.world.permissions import Permission
from storage.db.writer import Transaction
from storage.servers import settings
from tests.cogs.members.test_privacy import forget
from tests.support.running_bot import RunningBot, component_texts, run_bot, run_emulator

ENGLISH = """# Bread

The dough is what it is, and the night is long with it.

It is not the baker who makes the bread, but the waiting.
"""
GERMAN = """# Brot

Der Teig ist nicht fertig, und die Nacht ist lang mit ihm.

Es ist nicht der Bäcker, der das Brot macht, sondern das Warten.
"""
DAY = 86_400


@asynccontextmanager
async def run(folder: Path, *, server: str, user: str) -> AsyncIterator[RunningBot]:
    """A bot in a server with a preferred locale, and an admin whose Discord has a language."""
    async with run_emulator() as emulator:
        for guild in emulator.world.guilds.values():
            guild.preferred_locale = server
        for member in emulator.world.users.values():
            member.locale = user
        async with run_bot(folder, emulator) as running:
            yield running


async def publish(running: RunningBot, essay: str) -> list[dict[str, Any]]:
    """Publish an essay, whatever the button is called; the bot's messages."""
    draft = await running.run_command("essay publish", file=("brot.md", essay.encode()))
    await running.settle()
    answer = await running.answer_message(draft)
    shown = component_texts(answer["components"])
    data = {"component_type": 2, "custom_id": "salon:draft:publish:1"}
    await running.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])
    await running.settle()
    posted = await running.bot_messages()
    return [{"shown": shown}, *posted]


async def test_a_german_essay_is_public_in_german_and_previewed_in_english(tmp_path: Path) -> None:
    async with run(tmp_path, server="en-US", user="en-GB") as running:
        preview, card, *_, closing = await publish(running, GERMAN)
        assert "Draft 1 · only you can see this" in preview["shown"]
        assert "Antworten hier werden gespeichert" in preview["shown"], "the card in it"
        assert "Antworten hier werden gespeichert" in component_texts(card["components"])
        assert closing["content"].startswith("Was meint ihr?")
        await running.settle(4 * DAY)
        said = "\n".join(one["content"] for one in await running.bot_messages())
        assert "Reply to this message" not in said


async def test_an_english_essay_on_a_german_server_is_public_in_english(tmp_path: Path) -> None:
    async with run(tmp_path, server="de", user="de") as running:
        preview, card, *_, closing = await publish(running, ENGLISH)
        assert "Replies here are saved" in component_texts(card["components"])
        assert "only you can see this" not in preview["shown"]
        assert closing["content"].startswith("What do you think?")


async def test_a_japanese_essay_is_closed_in_japanese_and_the_rest_is_the_servers(
    tmp_path: Path,
) -> None:
    async with run(tmp_path, server="de", user="en-US") as running:
        essay = "# パン\n\nパンを焼くには一晩かかる。そのほとんどは待つ時間だ。\n"
        _preview, card, *_, closing = await publish(running, essay)
        assert closing["content"].startswith("あなたはどう思いますか？")
        assert "Antworten hier werden gespeichert" in component_texts(card["components"])


async def test_alerts_are_in_the_servers_language_whoever_caused_them(tmp_path: Path) -> None:
    async with run(tmp_path, server="de", user="en-US") as running:
        admins = running.channel("admins")

        async def choose_board(tx: Transaction) -> None:
            await settings.register_server(tx, running.server_id, "", 0)
            await settings.set_alerts_channel(tx, running.server_id, admins)

        await running.database.write(choose_board)
        *_, closing = await publish(running, ENGLISH)
        channel = running.emulator.world.channels[running.channel()]
        channel.overwrites.append(
            Overwrite(
                running.salon.own_id,
                OverwriteType.MEMBER,
                deny=int(Permission.CREATE_PUBLIC_THREADS),
            )
        )
        await running.settle()
        await running.write("Ann", "I would.", to=closing["id"])
        await running.settle(60)
        (alert,) = await running.bot_messages(admins)
        assert alert["content"].startswith("Ich kann für eine Antwort in <#")
        assert "I'll continue" not in alert["content"]


async def test_what_names_an_erased_member_is_changed_in_german(tmp_path: Path) -> None:
    async with run(tmp_path, server="de", user="en-US") as running:
        await running.run_command(
            "prompts plan",
            options=[{"type": 3, "name": "steps", "value": "after 3 days: last call"}],
        )
        *_, closing = await publish(running, GERMAN)
        head = await running.write("Ann", "Ich würde warten.", to=closing["id"])
        await running.settle(75 * 3600)
        assert "**Ann**" in (await running.bot_messages())[-1]["content"]
        await forget(running, "Ann")
        await running.settle(600)
        said = (await running.bot_messages())[-1]["content"]
        assert "**Ann**" not in said
        assert "somebody" not in said
        (thread,) = (await running.world())["threads"]
        assert thread["id"] == str(head)
        assert "Ann" not in thread["name"]
        assert thread["name"] != "A reply"


async def test_the_thread_of_a_reply_without_words_is_named_in_the_essays_language(
    tmp_path: Path,
) -> None:
    async with run(tmp_path, server="en-US", user="en-US") as running:
        *_, closing = await publish(running, GERMAN)
        await running.write("Ann", "||...||", to=closing["id"])
        await running.settle()
        (thread,) = (await running.world())["threads"]
        assert "Ann" in thread["name"]
        assert thread["name"] != "Ann’s reply"
        # Its words are recognized as none: nothing is renamed when the reply changes.
        (reply,) = (await running.export())["replies"]
        assert reply["thread_id"] == thread["id"]
