"""A backup in the archive's place: nothing erased comes back, nothing sent is sent again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.backup import back_up, restore
from bot.core.text.coded_text import make_coded
from bot.erasure import erase_member
from bot.errors import BackupError, DatabaseInUse
from storage.db.backups import copy_archive
from storage.db.database import open_database, open_for_reading
from storage.db.restore import restore as replace_archive
from storage.db.writer import Transaction
from storage.replies import answers, author_messages
from tests.storage.db.test_backups import fill, servers_in, spoil
from tests.support.next_due import get_next_due
from tests.support.running_bot import RunningBot, run_bot, run_emulator

pytestmark = pytest.mark.sqlite

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)


async def test_the_replaced_archive_is_kept_with_its_write_ahead_log(
    tmp_path: Path,
) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    await fill(path, 3)
    assert "checked" in back_up(path, folder, None)
    async with open_database(path) as database:
        await database.write(
            lambda tx: tx.run("INSERT INTO servers (id, name, joined_at) VALUES (99, 'x', 0)")
        )
        journal = path.with_name("salon.sqlite3-wal").read_bytes()
    # As after a kill: what was committed last stands in the journal alone.
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM servers WHERE id = 99")
        connection.commit()
    path.with_name("salon.sqlite3-wal").write_bytes(journal)
    told = restore(path, folder, None)
    assert "was replaced with" in told
    (aside,) = tmp_path.glob("salon.sqlite3.replaced-????????-??????")
    assert str(aside) in told
    assert aside.with_name(f"{aside.name}-wal").exists()
    assert not path.with_name("salon.sqlite3-wal").exists()
    assert servers_in(path) == 3


async def test_the_archive_of_a_running_bot_is_not_replaced(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    await fill(path)
    async with open_database(path):
        assert "checked" in back_up(path, folder, None), "a backup is made all the same"
        with pytest.raises(DatabaseInUse):
            restore(path, folder, None)


async def test_a_damaged_archive_is_replaced_by_the_newest_good_backup(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    await fill(path, 400, 500)
    back_up(path, folder, None)
    spoil(path)
    told = restore(path, folder, None)
    assert "so what was deleted since the backup isn't known" in told
    async with open_for_reading(path) as database:
        assert len(await database.read(lambda tx: tx.rows("SELECT id FROM servers"))) == 400


async def test_a_bad_or_missing_backup_changes_nothing(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    await fill(path)
    before = path.read_bytes()
    with pytest.raises(BackupError, match="There is no good backup"):
        restore(path, folder, None)
    with pytest.raises(BackupError, match="There is no backup at"):
        restore(path, folder, tmp_path / "nothing.sqlite3")
    (tmp_path / "notes.txt").write_text("no database " * 1000)
    with pytest.raises(BackupError, match="couldn't be restored"):
        restore(path, folder, tmp_path / "notes.txt")
    with closing(sqlite3.connect(tmp_path / "other.sqlite3")) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        other.commit()
    with pytest.raises(BackupError, match="it isn't a Salon database"):
        restore(path, folder, tmp_path / "other.sqlite3")
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.restoring*"))


async def test_a_backup_is_restored_where_there_is_no_archive(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    await fill(path)
    back_up(path, folder, tmp_path / "mine.sqlite3")
    with pytest.raises(BackupError, match="already exists"):
        back_up(path, folder, tmp_path / "mine.sqlite3")
    other = tmp_path / "elsewhere.sqlite3"
    told = restore(other, folder, tmp_path / "mine.sqlite3")
    assert "kept as" not in told
    assert servers_in(other) == 3


async def kept(running: RunningBot) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await running.export())["replies"]}


async def test_replies_deleted_or_erased_since_the_backup_stay_erased(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing_question = await running.publish()
            to = closing_question["id"]
            deleted = await running.write("Ann", "I take this back.", to=to)
            forgotten = await running.write("Ben", "Forget me.", to=to)
            stays = await running.write("Dev", "I stay.", to=to)
            await running.settle()
            back_up(path, folder, None)
            after = await running.write("Chloe", "After the backup.", to=to)
            await running.settle()
            await running.call_as(
                running.member("Ann"), "DELETE", f"/channels/{running.channel()}/messages/{deleted}"
            )
            await running.settle()
            server_id, ben = running.server_id, running.member("Ben").id

            async def forget(tx: Any) -> None:
                await erase_member(tx, server_id, ben, 1, opt_out=True)

            await running.database.write(forget)
            sent = [message["id"] for message in await running.messages()]
        told = restore(path, folder, None)
        assert "erased again: 2" in told
        async with run_bot(tmp_path, emulator) as again:
            replies = await kept(again)
            assert (replies[str(deleted)]["text"], replies[str(deleted)]["deleted"]) == ("", True)
            assert (replies[str(forgotten)]["text"], replies[str(forgotten)]["author"]) == (
                "",
                None,
            )
            assert replies[str(stays)]["text"] == "I stay."
            assert replies[str(after)]["text"] == "After the backup.", "read from the history"
            await again.write("Ben", "I am still out.", to=to)
            await again.settle()
            assert "I am still out." not in {one["text"] for one in (await kept(again)).values()}
            assert [m["id"] for m in await again.messages()][: len(sent)] == sent
            ours = await again.bot_messages()
            assert len(ours) == 3, "nothing is posted a second time"


async def test_messages_sent_since_the_backup_are_found_and_not_sent_again(tmp_path: Path) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await running.publish()
            # A backup from between two posts: the last one was planned, and sent after it.
            back_up(path, folder, tmp_path / "mid.sqlite3")
            with closing(sqlite3.connect(tmp_path / "mid.sqlite3")) as connection:
                connection.execute(
                    """
                    UPDATE planned_messages
                    SET state = 'planned', message_id = NULL, attempts = 0,
                    """
                    """
                    first_attempt_at = NULL, sent_at = NULL
                    WHERE id = (SELECT max(id)
                    FROM planned_messages)
                    """
                )
                connection.execute("UPDATE discussions SET state = 'publishing'")
                connection.commit()
            before = len(await running.bot_messages())
        restore(path, folder, tmp_path / "mid.sqlite3")
        async with run_bot(tmp_path, emulator) as again:
            await again.settle()
            assert len(await again.bot_messages()) == before
            assert (await again.export())["essay"]["state"] == "open"


async def test_prompts_and_essays_that_were_due_since_the_backup_are_not_sent_again(
    tmp_path: Path,
) -> None:
    path, folder = tmp_path / "salon.sqlite3", tmp_path / "salon-backups"
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await running.publish()
        await running.settle()
        back_up(path, folder, tmp_path / "mine.sqlite3")
        in_a_year = datetime(running.clock.now().year + 1, 12, 31, tzinfo=UTC)
    restored = replace_archive(
        tmp_path / "mine.sqlite3", path, in_a_year, skip_reason=make_coded("restored")
    )
    assert restored.skipped == 3
    async with open_for_reading(path) as database:
        rows = await database.read(lambda tx: tx.rows("SELECT DISTINCT state FROM prompts"))
        assert [row["state"] for row in rows] == ["skipped"]


async def test_answers_posted_since_the_backup_are_carried_over_and_not_posted_again(
    tmp_path: Path,
) -> None:
    path, backup = tmp_path / "salon.sqlite3", tmp_path / "backup.sqlite3"

    async def submit(tx: Transaction) -> None:
        await tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0)")
        await tx.run(
            """
            INSERT INTO discussions (id, server_id, channel_id, state, created_at)
            VALUES (1, 1, 20, 'open', 0)
            """
        )
        await tx.run(
            """
            INSERT INTO answers (id, server_id, discussion_id, channel_id, answered_id, member_id,
                revision, state, submitted_at, due_at, member_name, text)
            VALUES (5, 1, 1, 20, 4, 40, 1, 'planned', 0, 0, 'Ann', 'I would.')
            """
        )

    async def post(tx: Transaction) -> None:
        await tx.run(
            """
            INSERT INTO replies (id, server_id, discussion_id, channel_id, thread_id, author_id,
                author_name, written_at, text)
            VALUES (7, 1, 1, 20, 7, 40, 'Ann', 0, 'I would.')
            """
        )
        await tx.run("UPDATE answers SET state = 'posted', message_id = 7 WHERE id = 5")
        (job,) = await answers.get_due(tx, 1)
        await answers.mark_done(tx, job, 1)

    async with open_database(path) as database:
        await database.write(submit)
        copy_archive(path, backup)
        await database.write(post)
    replace_archive(backup, path, NOW, skip_reason=make_coded("restored"))
    async with open_database(path) as database:
        rows = await database.read(
            lambda tx: tx.rows(
                """
                SELECT replies.text, replies.thread_id, copy_id, answers.state, answers.text AS left
                FROM replies JOIN answers ON answers.message_id = replies.id
                JOIN reply_moves ON reply_moves.reply_id = replies.id
                """
            )
        )
    assert [tuple(row) for row in rows] == [("I would.", 7, 7, "done", "")]


async def test_an_author_gets_no_second_message_from_a_restored_backup(tmp_path: Path) -> None:
    path, backup = tmp_path / "salon.sqlite3", tmp_path / "backup.sqlite3"

    async def begin(tx: Transaction) -> None:
        await tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, 'Salon', 0)")
        for member_id in (40, 41):
            await author_messages.switch_on(tx, 1, member_id, told_until=0, due_at=5)

    async def go_on(tx: Transaction) -> None:
        first, _second = await author_messages.get_due(tx, 9)
        await author_messages.mark_sending(
            tx, first.id, channel_id=70, after_id=70, content="1 question", telling_until=8
        )
        await author_messages.mark_sent(tx, first.id, 99)
        await author_messages.switch_off(tx, 1, 41)

    async with open_database(path) as database:
        await database.write(begin)
        copy_archive(path, backup)
        await database.write(go_on)
    replace_archive(backup, path, NOW, skip_reason=make_coded("restored"))
    async with open_database(path) as database:
        (left,) = await database.read(lambda tx: author_messages.get_due(tx, 99))
        assert await database.read(lambda tx: get_next_due(tx, author_messages.NEXT_DUE)) == 99
    assert (left.member_id, left.told_until, left.state) == (40, 8, "on")
