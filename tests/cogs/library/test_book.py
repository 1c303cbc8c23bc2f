"""``/book``: who gets a book, of what, and as which file."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import User
from storage.servers import settings
from tests.support.running_bot import RunningBot, running_bot


async def ask(
    running: RunningBot, *, who: User | None = None, channel_id: int | None = None, **options: str
) -> tuple[str, dict[str, bytes]]:
    """The text of the answer, and the files by name."""
    given = [{"type": 3, "name": name, "value": value} for name, value in options.items()]
    asked = await running.run_command("book", who=who, options=given, channel_id=channel_id)
    text = await running.answer_text(asked)
    found: dict[str, bytes] = {}
    for one in (await running.world())["interactions"]:
        if one["id"] != asked["id"]:
            continue
        for message in one["messages"]:
            assert message["flags"] & 64, "only the person who asks sees it"
            for file in message["attachments"]:
                async with running.session.get(file["url"]) as response:
                    found[file["filename"]] = await response.read()
    return text, found


async def talk(running: RunningBot) -> int:
    *_, part = await running.publish()
    head = await running.write(
        "Ann", "> The dough does not care\nI <b>would</b> wait.", to=part["id"]
    )
    await running.settle()
    await running.write("Ben", f"Why, <@{running.member('Ann').id}>?", channel_id=head)
    await running.settle()
    return head


@pytest.mark.smoke
async def test_a_member_gets_the_newest_essay_as_a_page_an_epub_or_markdown(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        await talk(running)
        ben = running.member("Ben")
        text, files = await ask(running, who=ben)
        assert "“Slow bread” with 2 replies." in text
        assert "-# You: 1 thread, 1 reply" in text
        page = files["essay-1.html"].decode()
        assert "I &lt;b&gt;would&lt;/b&gt; wait." in page
        assert "Ann</bdi></span>?" in page
        assert "How it went" in page
        assert "You:" not in page
        assert "About ¶3<" in page
        _, files = await ask(running, who=ben, essay="1", format="epub")
        names = zipfile.ZipFile(io.BytesIO(files["essay-1.epub"])).namelist()
        assert names[0] == "mimetype"
        _, files = await ask(running, who=ben, format="markdown")
        assert "- **Ann**, " in files["essay-1.md"].decode()


async def test_a_member_gets_nothing_of_what_they_may_not_read(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        text, files = await ask(running)
        assert "There is no published essay" in text
        await talk(running)
        ben = running.member("Ben")
        path = f"/guilds/{running.server_id}/channels"
        made = await running.call_as(running.member(), "POST", path, {"name": "lobby", "type": 0})
        overwrite = {"id": str(ben.id), "type": 1, "allow": "0", "deny": str(1 << 10)}
        await running.call_as(
            running.member(),
            "PATCH",
            f"/channels/{running.channel()}",
            {"permission_overwrites": [overwrite]},
        )
        await running.settle()
        text, files = await ask(running, who=ben, channel_id=int(made["id"]), essay="1")
        assert "You may read no essay here with the number or the title “1”." in text
        assert files == {}


async def test_a_server_can_leave_books_to_its_admins(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        await talk(running)
        await running.database.write(lambda tx: settings.set_books(tx, running.server_id, "admins"))
        text, files = await ask(running, who=running.member("Ben"))
        assert "Only admins can make books in this server." in text
        assert files == {}
        _, files = await ask(running)
        assert list(files) == ["essay-1.html"]


async def test_a_member_appears_as_a_reader_where_they_chose_so_and_data_says_it(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        await talk(running)
        ann = running.member("Ann")

        async def choose(appear: str) -> str:
            option: dict[str, Any] = {"type": 3, "name": "appear", "value": appear}
            asked = await running.run_command("privacy books", who=ann, options=[option])
            return await running.answer_text(asked)

        assert "a reader" in await choose("as a reader")
        _, files = await ask(running)
        page = files["essay-1.html"].decode()
        assert "<bdi>Ann</bdi>" not in page
        assert "@<bdi>member</bdi>" in page
        assert "A reader" in page
        asked = await running.run_command("privacy my-data", who=ann)
        await running.settle()
        (file,) = (await running.answer_message(asked))["attachments"]
        async with running.session.get(file["url"]) as response:
            assert '"unnamed_in_books": true' in await response.text()
        assert "your name" in await choose("by name")
        _, files = await ask(running)
        assert "<bdi>Ann</bdi>" in files["essay-1.html"].decode()
        await choose("as a reader")
        asked = await running.run_command("privacy forget-me", who=ann)
        await running.press(asked, "Delete", who=ann)
        await running.settle()
        left = await running.database.read(
            lambda tx: tx.rows("SELECT member_id FROM unnamed_members")
        )
        assert left == []
