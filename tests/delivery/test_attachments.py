"""The bytes of what members attach are kept within the operator's limits, and erased with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.delivery.attachments import AttachmentLimits
from tests.delivery.test_reply_moves import a_head, copies, kept, let_move
from tests.support.running_bot import RunningBot, missing_files, run_bot, run_emulator, wait_until


async def rows(running: RunningBot) -> list[dict[str, Any]]:
    found = await running.database.read(
        lambda tx: tx.rows(
            "SELECT state, last_error, size, content, url FROM attachment_files ORDER BY id"
        )
    )
    return [dict(row) for row in found]


async def contents(running: RunningBot) -> list[bytes | None]:
    return [row["content"] for row in await rows(running)]


@pytest.mark.smoke
async def test_attachments_are_stored_with_their_bytes(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        await running.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
        await running.settle()
        (row,) = await rows(running)
        assert (row["state"], row["content"], row["url"]) == ("stored", b"picture", None)


async def test_the_operators_limits_are_respected(tmp_path: Path) -> None:
    async with (
        run_emulator() as emulator,
        run_bot(
            tmp_path, emulator, attachment_limits=AttachmentLimits(each=10, in_all=12)
        ) as running,
    ):
        *_, closing = await running.publish()
        for content in (b"x" * 11, b"y" * 10, b"z" * 3, b"w" * 2):
            await running.write("Ann", "Look.", to=closing["id"], file=("a.png", content))
            await running.settle()
        assert await contents(running) == [None, b"y" * 10, None, b"w" * 2]
        assert [row["state"] for row in await rows(running)] == [
            "skipped",
            "stored",
            "skipped",
            "stored",
        ]
        sizes = [r["attachments"][0]["size"] for r in (await kept(running)).values()]
        assert sizes == [11, 10, 3, 2], "name, type and size stay known"


async def test_no_file_is_stored_if_the_operator_wants_none(tmp_path: Path) -> None:
    async with (
        run_emulator() as emulator,
        run_bot(tmp_path, emulator, attachment_limits=AttachmentLimits(each=0)) as running,
    ):
        *_, closing = await running.publish()
        await running.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
        await running.settle()
        (row,) = await rows(running)
        assert (row["state"], row["content"], row["url"]) == ("skipped", None, None)


async def test_a_file_is_downloaded_days_later_after_its_url_has_expired(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            *_, closing = await running.publish()
            with missing_files(emulator):
                await running.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
                await running.settle(26 * 3600)
            assert [row["state"] for row in await rows(running)] == ["pending"]
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(3700)
            assert await contents(running) == [b"picture"]


async def test_a_file_that_was_removed_from_its_message_is_skipped(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        with missing_files(emulator):
            await running.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
            await running.settle(30 * 86_400)
        (row,) = await rows(running)
        assert (row["state"], row["url"]) == ("skipped", None)


async def test_a_deletion_erases_the_bytes_and_an_edit_those_it_removed(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        first = await running.write("Ann", "Look.", to=closing["id"], file=("a.png", b"one"))
        second = await running.write("Ben", "Look.", to=closing["id"], file=("b.png", b"two"))
        await running.settle()
        here = f"/channels/{running.channel()}/messages"
        await running.call_as(
            running.member("Ann"), "PATCH", f"{here}/{first}", {"content": "Look!"}
        )
        await running.settle()
        assert await contents(running) == [b"one", b"two"], "an edit of the words leaves them"
        body = {"content": "Look.", "attachments": []}
        await running.call_as(running.member("Ann"), "PATCH", f"{here}/{first}", body)
        await running.settle()
        assert await contents(running) == [b"two"]
        await running.call_as(running.member("Ben"), "DELETE", f"{here}/{second}")
        await running.settle()
        assert await rows(running) == []


async def test_a_file_deleted_during_its_download_is_not_stored(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        *_, closing = await running.publish()
        with missing_files(emulator):
            file = ("a.png", b"picture")
            reply = await running.write("Ann", "Look.", to=closing["id"], file=file)
            await running.settle()
            here = f"/channels/{running.channel()}/messages/{reply}"
            await running.call_as(running.member("Ann"), "DELETE", here)
        await running.settle(3600)
        assert await rows(running) == []


async def test_a_moved_replys_file_is_downloaded_from_its_copy(tmp_path: Path) -> None:
    async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
        await let_move(running)
        head = await a_head(running)
        running.salon.services.delivery.downloads.start_due = _nothing  # type: ignore[method-assign]
        beside = await running.write("Ben", "Look.", to=head, file=("a b.png", b"picture"))
        await _moved(running, head)
        del running.salon.services.delivery.downloads.start_due
        await running.database.write(lambda tx: tx.run("UPDATE attachment_files SET url = NULL"))
        running.salon.services.scheduler.wake()
        await running.settle(60)
        assert await contents(running) == [b"picture"]
        assert [f["name"] for f in (await kept(running))[str(beside)]["attachments"]] == ["a_b.png"]


async def _nothing() -> None:
    return None


async def _moved(running: RunningBot, head: int) -> None:
    async def done() -> bool:
        states = await running.database.read(lambda tx: tx.rows("SELECT state FROM reply_moves"))
        return bool(await copies(running, head)) and states[0]["state"] == "done"

    await wait_until(done, "the move")
