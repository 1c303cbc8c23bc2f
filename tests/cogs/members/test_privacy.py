"""A member's data is shown to them, erased when they ask, and doesn't come back."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bot import erasure
from bot.core.conversation.thread_names import ERASED_THREAD_NAME
from bot.core.text.coded_text import make_coded
from storage.db import erasure_log
from storage.db.database import open_database
from storage.db.restore import restore
from storage.privacy import members
from tests.delivery.test_reply_moves import a_head, copies, let_move
from tests.support.archive_bytes import files_with
from tests.support.archive_queries import query, query_columns
from tests.support.running_bot import RunningBot, run_bot, run_emulator


async def kept(running: RunningBot) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await running.export())["replies"]}


async def of(running: RunningBot, name: str) -> dict[str, Any]:
    member_id = running.member(name).id
    return await running.database.read(
        lambda tx: members.get_member_data(tx, running.server_id, member_id)
    )


@pytest.mark.smoke
async def test_a_member_gets_their_own_data_and_nobody_elses(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        mine = await running.write("Ann", "I would.", to=closing["id"])
        await running.write("Ben", "I would not.", to=closing["id"])
        await running.settle()
        asked = await running.run_command("privacy my-data", who=running.member("Ann"))
        assert "you here, with 1 reply." in await running.answer_text(asked)
        (file,) = (await running.answer_message(asked))["attachments"]
        assert file["filename"] == "my-data.json"
        found = await of(running, "Ann")
        assert [(r["id"], r["text"]) for r in found["replies"]] == [(str(mine), "I would.")]


async def test_a_members_data_says_where_their_replies_are_and_what_became_of_them(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await let_move(running)
        head = await a_head(running)
        mine = await running.write("Ben", "See ¶2.", to=head)
        await running.settle()
        (copy,) = await copies(running, head)
        path = f"/channels/{head}/messages/{copy['id']}/reactions/%F0%9F%8D%9E/@me"
        await running.call_as(running.member("Ann"), "PUT", path)
        await running.settle()
        (told,) = (await of(running, "Ben"))["replies"]
    where = {"channel_id": str(head), "answers": str(head), "thread_id": str(head)}
    assert told.items() >= {"id": str(mine), "copy_id": copy["id"], **where}.items()
    assert (told["passages"], told["reactions"]) == ([2], [{"emoji": "🍞", "count": 1}])


def columns_of_members(path: Path) -> list[tuple[str, str]]:
    """Every column of the archive that holds members' ids, with its table's name before it."""
    held = ("member_id", "author_id", "user_id")
    found = [(table, column) for table, column in query_columns(path) if column in held]
    assert len(found) > 4
    return found


async def test_erased_messages_stay_erased_after_catching_up(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            ann = running.member("Ann")
            head = await running.write("Ann", "I would.", to=closing["id"], file=("a.png", b"png"))
            await running.settle()
            answer = await running.write("Ben", "Why?", channel_id=head)
            await running.settle()
            asked = await running.run_command("privacy forget-me", who=ann)
            assert (await kept(running))[str(head)]["text"] == "I would.", "it asks first"
            await running.press(asked, "Delete", who=ann)
            await running.settle()
            assert (await of(running, "Ann"))["replies"] == []
            assert (await of(running, "Ann"))["threads"] == []
            for table, column in columns_of_members(tmp_path / "salon.sqlite3"):
                sql = f"SELECT count(*) AS n FROM {table} WHERE {column} = {ann.id}"
                rows = await running.database.read(lambda tx, sql=sql: tx.rows(sql))  # type: ignore[misc]
                # Who asked for it, and who did what to an essay, stays known.
                allowed = table in ("erased_members", "audit_log", "submissions")
                assert rows[0]["n"] == 0 or allowed, table
            names = {t["id"]: t["name"] for t in (await running.world())["threads"]}
            assert names[str(head)] == ERASED_THREAD_NAME
        async with run_bot(tmp_path, emulator) as again:
            replies = await kept(again)
            forgotten = replies[str(head)]
            assert (forgotten["author"], forgotten["text"]) == (None, "")
            assert forgotten["deleted"] is True
            assert forgotten["attachments"] == []
            assert replies[str(answer)]["parent"] == str(head)
            assert replies[str(answer)]["text"] == "Why?"


async def test_only_empty_places_are_saved_for_a_member_who_opted_out(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        head = await running.write("Ben", "I would.", to=closing["id"])
        await running.settle()
        ann = running.member("Ann")
        asked = await running.run_command("privacy forget-me", who=ann)
        await running.press(asked, "Delete and stop saving", who=ann)
        await running.settle()
        said = await running.write("Ann", "Not for the record.", channel_id=head)
        after = await running.write("Ben", "As you like.", to=said, channel_id=head)
        await running.settle()
        replies = await kept(running)
        assert (replies[str(said)]["author"], replies[str(said)]["text"]) == (None, "")
        assert replies[str(after)]["parent"] == str(said)
        assert "Not for the record" not in str(replies)


@pytest.mark.sqlite
async def test_a_member_can_opt_in_again_also_after_restoring_an_older_backup(
    tmp_path: Path,
) -> None:
    archive, backup = tmp_path / "salon.sqlite3", tmp_path / "backup.sqlite3"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            ann = running.member("Ann")
            *_, closing = await running.publish()
            head = await running.write("Ben", "I would.", to=closing["id"])
            await running.settle()
            told = await running.answer_text(await running.run_command("privacy opt-in", who=ann))
            assert "are saved already" in told
            await forget(running, "Ann", "Delete and stop saving")
            out = await running.write("Ann", "Not for the record.", channel_id=head)
            await running.settle()
            await forget(running, "Ann")
            still = await running.write("Ann", "Nor this.", channel_id=head)
            await running.settle()
        shutil.copy2(archive, backup)
        async with run_bot(tmp_path, emulator) as running:
            told = await running.answer_text(await running.run_command("privacy opt-in", who=ann))
            assert "saved again" in told
            back = await running.write("Ann", "Here I am.", channel_id=head)
            await running.settle()
            replies = await kept(running)
            texts = [replies[str(one)]["text"] for one in (out, still, back)]
            assert texts == ["", "", "Here I am."]
        shutil.copy2(backup, archive)
        async with run_bot(tmp_path, emulator) as running:
            again = await running.write("Ann", "Still here.", channel_id=head)
            await running.settle()
            replies = await kept(running)
            texts = [replies[str(one)]["text"] for one in (out, still, back, again)]
            assert texts == ["", "", "Here I am.", "Still here."]


async def forget(running: RunningBot, name: str, button: str = "Delete") -> None:
    member = running.member(name)
    asked = await running.run_command("privacy forget-me", who=member)
    await running.press(asked, button, who=member)
    await running.settle()


async def test_no_byte_of_an_erased_or_deleted_reply_is_left_in_the_file(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            await running.write(
                "Ann", "A heliotrope secret.", to=closing["id"], file=("a.txt", b"vermilion" * 900)
            )
            taken = await running.write("Ben", "A chartreuse secret.", to=closing["id"])
            await running.settle()
        for word in (b"heliotrope", b"vermilion"):
            assert files_with(tmp_path, word) != [], word
        async with run_bot(tmp_path, emulator) as running:
            path = f"/channels/{running.channel()}/messages/{taken}"
            await running.call_as(running.member("Ben"), "DELETE", path)
            await forget(running, "Ann")
        assert files_with(tmp_path, b"heliotrope", b"vermilion", b"chartreuse") == []
        threads = query(tmp_path / "salon.sqlite3", "SELECT name FROM threads ORDER BY id")
        assert [row["name"] for row in threads] == [ERASED_THREAD_NAME, "A reply to Slow bread"]


async def test_renaming_a_thread_of_an_erased_member_is_retried_until_done(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            head = await running.write("Ann", "I would.", to=closing["id"])
            await running.settle()
            await running.call_as(
                running.member(), "PATCH", f"/channels/{head}", {"archived": True}
            )
            body = {"kind": "http", "method": "PATCH", "path": "/channels/*", "status": 503}
            await running.control("faults", body | {"times": 1000, "after_effect": False})
            await forget(running, "Ann")
            async with running.session.delete(f"{emulator.page}/rehearsal/faults"):
                pass
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(3600)
            (thread,) = (await running.world())["threads"]
            assert thread["name"] == ERASED_THREAD_NAME
            assert thread["thread_metadata"]["archived"] is True


async def test_moved_copies_are_deleted_with_their_author(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await let_move(running)
        head = await a_head(running)
        beside = await running.write("Ben", "Why?", to=head)
        await running.settle()
        body = {"kind": "http", "method": "POST", "path": "/webhooks/*/*", "status": None}
        await running.control("faults", body | {"times": 1, "after_effect": True})
        later = await running.write("Ben", "Under way.", to=head)
        await forget(running, "Ben")
        await running.settle(600)
        assert await copies(running, head) == []
        replies = await kept(running)
        assert [replies[str(one)]["author"] for one in (beside, later)] == [None, None]
        rows = await running.database.read(lambda tx: tx.rows("SELECT signature FROM reply_moves"))
        assert {row["signature"] for row in rows} == {None}


async def test_nudges_that_quote_an_erased_member_and_calls_that_name_them_are_changed(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await running.run_command(
            "prompts plan",
            options=[{"type": 3, "name": "steps", "value": "after 3 days: last call"}],
        )
        *_, closing = await running.publish()
        head = await running.write("Ann", "I would wait a night.", to=closing["id"])
        await running.settle(49 * 3600)
        nudged = [m["content"] for m in await running.bot_messages(head)]
        assert any("I would wait a night." in content for content in nudged)
        await running.settle(26 * 3600)
        assert "started by **Ann**" in (await running.bot_messages())[-1]["content"]
        await forget(running, "Ann")
        assert await running.bot_messages(head) == []
        assert "started by **somebody**" in (await running.bot_messages())[-1]["content"]
        rows = await running.database.read(
            lambda tx: tx.rows("SELECT payload FROM planned_messages")
        )
        told = "".join(row["payload"] for row in rows)
        assert "I would wait" not in told
        assert "started by **Ann**" not in told


async def test_a_nudge_sent_during_an_erasure_is_removed(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        head = await running.write("Ann", "I would wait a night.", to=closing["id"])
        await running.settle()
        body = {"kind": "http", "method": "POST", "path": f"/channels/{head}/messages"}
        # It got through, and nobody knows.
        running.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
        await running.control("faults", body | {"status": None, "times": 1, "after_effect": True})
        await running.control("faults", body | {"status": 503, "times": 1, "after_effect": False})
        await running.control("clock", {"advance": 48 * 3600 + 1})
        await forget(running, "Ann")
        await running.settle(3600)
        assert await running.bot_messages(head) == []
        rows = await running.database.read(
            lambda tx: tx.rows("SELECT payload FROM planned_messages")
        )
        assert "I would wait" not in "".join(row["payload"] for row in rows)


async def test_alerts_about_a_deleted_thread_are_reworded(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await let_move(running)
        head = await a_head(running)
        await running.call_as(running.member(), "DELETE", f"/channels/{head}")
        await running.settle()
        (told,) = await running.bot_messages(running.channel("admins"))
        assert "“Ann: I would.”" in told["content"]
        await forget(running, "Ann")
        (told,) = await running.bot_messages(running.channel("admins"))
        assert f"“{ERASED_THREAD_NAME}”" in told["content"]
        rows = await running.database.read(
            lambda tx: tx.rows(
                "SELECT alert AS text FROM alerts UNION ALL SELECT payload FROM planned_messages"
            )
        )
        assert "I would" not in "".join(row["text"] for row in rows)


async def test_messages_from_before_an_erasure_are_not_saved_when_read_later(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            head = await running.write("Ben", "I would.", to=closing["id"])
            await running.settle()
            running.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
            unseen = await running.write("Ann", "Nobody heard this.", channel_id=head)
            await running.settle(60)
            await forget(running, "Ann")
            await running.settle(60)
            after = await running.write("Ann", "And this is said later.", channel_id=head)
            await running.settle()
        async with run_bot(tmp_path, emulator) as running:
            replies = await kept(running)
            assert (replies[str(unseen)]["author"], replies[str(unseen)]["text"]) == (None, "")
            assert replies[str(after)]["text"] == "And this is said later."


@pytest.mark.sqlite
async def test_a_restored_backup_does_not_bring_back_erased_members(tmp_path: Path) -> None:
    archive, backup = tmp_path / "salon.sqlite3", tmp_path / "backup.sqlite3"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            head = await running.write(
                "Ann", "I would.", to=closing["id"], file=("a.txt", b"vermilion")
            )
            await running.write("Ben", "I would not.", to=closing["id"])
            await running.settle()
        shutil.copy2(archive, backup)
        async with run_bot(tmp_path, emulator) as running:
            await forget(running, "Ann", "Delete and stop saving")
        # As an operator may do it by hand, with the archive lost.
        archive.unlink()
        shutil.copy2(backup, archive)
        async with run_bot(tmp_path, emulator) as running:
            replies = await kept(running)
            assert (replies[str(head)]["author"], replies[str(head)]["text"]) == (None, "")
            assert [r["text"] for r in replies.values()] == ["", "I would not."]
            said = await running.write("Ann", "Still out.", channel_id=head)
            await running.settle()
            assert (await kept(running))[str(said)]["text"] == ""
        assert b"vermilion" not in archive.read_bytes()


@pytest.mark.sqlite
async def test_the_restore_command_does_not_bring_back_erased_members(tmp_path: Path) -> None:
    archive, backup = tmp_path / "salon.sqlite3", tmp_path / "backup.sqlite3"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            await running.write("Ann", "I would.", to=closing["id"])
            await running.settle()
        shutil.copy2(archive, backup)
        async with run_bot(tmp_path, emulator) as running:
            await forget(running, "Ann")
            now = running.clock.now()
    archive.write_bytes(b"damaged")
    restored = restore(backup, archive, now, skip_reason=make_coded("restored"))
    assert restored.erased is None, "the archive itself cannot tell"
    with contextlib.closing(sqlite3.connect(archive)) as connection:
        (row,) = connection.execute("SELECT text, author_id FROM replies").fetchall()
        assert row == ("", erasure_log.ERASED_AUTHOR_ID)


@pytest.mark.sqlite
async def test_the_file_beside_the_archive_holds_no_content_and_survives_a_torn_line(
    tmp_path: Path,
) -> None:
    beside = erasure_log.get_log_path(tmp_path / "salon.sqlite3")
    one = erasure_log.Erasure(1, 2, 1000, None)
    erasure_log.append_to_log(beside, [one])
    beside.write_bytes(beside.read_bytes() + b'{"server_id": "1", "mem')
    later = erasure_log.Erasure(1, 2, 2000, 2000)
    erasure_log.append_to_log(beside, [one, later])
    assert erasure_log.read_log(beside) == [later]
    # A bot that starts may write what it knew after `forget` wrote something later.
    with beside.open("a", encoding="utf-8") as file:
        file.write(beside.read_text(encoding="utf-8").splitlines()[0] + "\n")
    erasure_log.append_to_log(beside, [one])
    assert erasure_log.read_log(beside) == [later]
    path = tmp_path / "salon.sqlite3"
    async with open_database(path, erase_member=erasure.erase) as database:
        assert await database.read(erasure_log.get_erasures) == [later]
    assert beside.read_bytes().count(b"\n") == 4
    keys = {
        key
        for line in beside.read_text().splitlines()
        if line[-1] == "}"
        for key in json.loads(line)
    }
    assert keys == {"server_id", "member_id", "erased_at", "opted_out_at"}


async def test_a_member_gets_their_files(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        contents = [bytes([number]) * 4_000_000 for number in range(3)] + [b"small"]
        for number, content in enumerate(contents):
            await running.write("Ann", "Look.", to=closing["id"], file=(f"{number} ü.bin", content))
            await running.settle()
        await running.write("Ben", "Mine.", to=closing["id"], file=("b.txt", b"not yours"))
        await running.settle()
        asked = await running.run_command("privacy my-data", who=running.member("Ann"))
        await running.settle()
        (interaction,) = [
            i for i in (await running.world())["interactions"] if i["id"] == asked["id"]
        ]
        handed: dict[str, bytes] = {}
        for message in interaction["messages"]:
            assert message["flags"] & 64, "only they see it"
            for file in message["attachments"]:
                async with running.session.get(file["url"]) as response:
                    handed[file["filename"]] = await response.read()
        found = json.loads(handed.pop("my-data.json"))
        assert sorted(handed) == ["my-files-1.zip", "my-files-2.zip"]
        unpacked: dict[str, bytes] = {}
        for packed in handed.values():
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                unpacked |= {name: archive.read(name) for name in archive.namelist()}
        named = [file["kept_as"] for reply in found["replies"] for file in reply["attachments"]]
        assert [unpacked[name] for name in named] == contents
        assert len(unpacked) == len(contents)
