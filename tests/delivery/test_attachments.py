"""The bytes of what members attach are kept within the operator's limits, and erased with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.delivery.attachments import Keeping
from tests.delivery.test_reply_moves import a_head, copies, kept, let_move
from tests.support.running_bot import House, a_world, lived_in, until


async def rows(house: House) -> list[dict[str, Any]]:
    found = await house.database.read(
        lambda tx: tx.rows(
            "SELECT state, last_error, size, content, url FROM attachment_files ORDER BY id"
        )
    )
    return [dict(row) for row in found]


async def contents(house: House) -> list[bytes | None]:
    return [row["content"] for row in await rows(house)]


async def test_what_is_attached_is_kept_with_its_bytes(tmp_path: Path) -> None:
    async with a_world() as emulator, lived_in(tmp_path, emulator) as house:
        *_, closing = await house.publish()
        await house.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
        await house.settle()
        (row,) = await rows(house)
        assert (row["state"], row["content"], row["url"]) == ("stored", b"picture", None)


async def test_the_operators_limits_are_kept_to(tmp_path: Path) -> None:
    async with (
        a_world() as emulator,
        lived_in(tmp_path, emulator, keeping=Keeping(each=10, in_all=12)) as house,
    ):
        *_, closing = await house.publish()
        for content in (b"x" * 11, b"y" * 10, b"z" * 3, b"w" * 2):
            await house.write("Ann", "Look.", to=closing["id"], file=("a.png", content))
            await house.settle()
        assert await contents(house) == [None, b"y" * 10, None, b"w" * 2]
        assert [row["state"] for row in await rows(house)] == [
            "skipped",
            "stored",
            "skipped",
            "stored",
        ]
        sizes = [r["attachments"][0]["size"] for r in (await kept(house)).values()]
        assert sizes == [11, 10, 3, 2], "name, type and size stay known"


async def test_none_is_kept_where_the_operator_wants_none(tmp_path: Path) -> None:
    async with (
        a_world() as emulator,
        lived_in(tmp_path, emulator, keeping=Keeping(each=0)) as house,
    ):
        *_, closing = await house.publish()
        await house.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
        await house.settle()
        (row,) = await rows(house)
        assert (row["state"], row["content"], row["address"]) == ("skipped", None, None)


async def test_a_file_is_had_days_later_though_its_address_has_run_out(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            *_, closing = await house.publish()
            get = emulator.world.files.get
            emulator.world.files.get = lambda file_id: None  # type: ignore[method-assign]
            await house.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
            await house.settle(26 * 3600)
            assert [row["state"] for row in await rows(house)] == ["pending"]
        emulator.world.files.get = get  # type: ignore[method-assign]
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(3700)
            assert await contents(house) == [b"picture"]


async def test_a_file_that_is_gone_from_its_message_is_left(tmp_path: Path) -> None:
    async with a_world() as emulator, lived_in(tmp_path, emulator) as house:
        *_, closing = await house.publish()
        emulator.world.files.get = lambda file_id: None  # type: ignore[method-assign]
        await house.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
        await house.settle(30 * 86_400)
        (row,) = await rows(house)
        assert (row["state"], row["address"]) == ("skipped", None)


async def test_a_deletion_erases_the_bytes_and_an_edit_those_taken_off(tmp_path: Path) -> None:
    async with a_world() as emulator, lived_in(tmp_path, emulator) as house:
        *_, closing = await house.publish()
        first = await house.write("Ann", "Look.", to=closing["id"], file=("a.png", b"one"))
        second = await house.write("Ben", "Look.", to=closing["id"], file=("b.png", b"two"))
        await house.settle()
        here = f"/channels/{house.channel()}/messages"
        await house.act(house.member("Ann"), "PATCH", f"{here}/{first}", {"content": "Look!"})
        await house.settle()
        assert await contents(house) == [b"one", b"two"], "an edit of the words leaves them"
        body = {"content": "Look.", "attachments": []}
        await house.act(house.member("Ann"), "PATCH", f"{here}/{first}", body)
        await house.settle()
        assert await contents(house) == [b"two"]
        await house.act(house.member("Ben"), "DELETE", f"{here}/{second}")
        await house.settle()
        assert await rows(house) == []


async def test_what_was_deleted_while_it_was_being_fetched_is_not_kept(tmp_path: Path) -> None:
    async with a_world() as emulator, lived_in(tmp_path, emulator) as house:
        *_, closing = await house.publish()
        get = emulator.world.files.get
        emulator.world.files.get = lambda file_id: None  # type: ignore[method-assign]
        reply = await house.write("Ann", "Look.", to=closing["id"], file=("a.png", b"picture"))
        await house.settle()
        here = f"/channels/{house.channel()}/messages/{reply}"
        await house.act(house.member("Ann"), "DELETE", here)
        emulator.world.files.get = get  # type: ignore[method-assign]
        await house.settle(3600)
        assert await rows(house) == []


async def test_a_moved_replys_file_is_had_from_its_copy(tmp_path: Path) -> None:
    async with a_world() as emulator, lived_in(tmp_path, emulator) as house:
        await let_move(house)
        head = await a_head(house)
        house.salon._files.go_on = _nothing  # type: ignore[method-assign]
        beside = await house.write("Ben", "Look.", to=head, file=("a b.png", b"picture"))
        await _moved(house, head)
        del house.salon._files.go_on
        await house.database.write(lambda tx: tx.run("UPDATE attachment_files SET url = NULL"))
        house.salon.services.sweep.wake()
        await house.settle(60)
        assert await contents(house) == [b"picture"]
        assert [f["name"] for f in (await kept(house))[str(beside)]["attachments"]] == ["a_b.png"]


async def _nothing() -> None:
    return None


async def _moved(house: House, head: int) -> None:
    async def done() -> bool:
        states = await house.database.read(lambda tx: tx.rows("SELECT state FROM reply_moves"))
        return bool(await copies(house, head)) and states[0]["state"] == "done"

    await until(done, "the move")
