"""What is kept of a member is shown to them, erased when they ask, and does not come back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from storage import privacy
from tests.house import House, a_world, lived_in


async def kept(house: House) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await house.export())["replies"]}


async def of(house: House, name: str) -> dict[str, Any]:
    member_id = house.member(name).id
    return await house.database.read(lambda tx: privacy.kept_of(tx, house.server_id, member_id))


async def test_a_member_is_told_what_is_kept_of_them_and_of_nobody_else(tmp_path: Path) -> None:
    async with a_world() as standin, lived_in(tmp_path, standin) as house:
        *_, closing = await house.publish()
        mine = await house.write("Ann", "I would.", to=closing["id"])
        await house.write("Ben", "I would not.", to=closing["id"])
        await house.settle()
        asked = await house.run("privacy my-data", who=house.member("Ann"))
        assert "1 replies" in await house.said(asked)
        (file,) = (await house.seen(asked))["attachments"]
        assert file["filename"] == "my-data.json"
        found = await of(house, "Ann")
        assert [(r["id"], r["text"]) for r in found["replies"]] == [(str(mine), "I would.")]


async def test_what_is_forgotten_stays_forgotten_after_a_reading(tmp_path: Path) -> None:
    async with a_world() as standin:
        async with lived_in(tmp_path, standin) as house:
            *_, closing = await house.publish()
            ann = house.member("Ann")
            head = await house.write("Ann", "I would.", to=closing["id"], file=("a.png", b"png"))
            await house.settle()
            answer = await house.write("Ben", "Why?", channel_id=head)
            await house.settle()
            asked = await house.run("privacy forget-me", who=ann)
            assert (await kept(house))[str(head)]["text"] == "I would.", "it asks first"
            await house.press(asked, "Erase", who=ann)
            await house.settle()
            assert (await of(house, "Ann"))["replies"] == []
            names = {t["id"]: t["name"] for t in (await house.world())["threads"]}
            assert names[str(head)] == privacy.THREAD_NAME
        async with lived_in(tmp_path, standin) as again:
            replies = await kept(again)
            forgotten = replies[str(head)]
            assert (forgotten["author"], forgotten["text"]) == (None, "")
            assert forgotten["deleted"] is True
            assert forgotten["attachments"] == []
            assert replies[str(answer)]["parent"] == str(head)
            assert replies[str(answer)]["text"] == "Why?"


async def test_who_wants_to_be_kept_out_leaves_only_places(tmp_path: Path) -> None:
    async with a_world() as standin, lived_in(tmp_path, standin) as house:
        *_, closing = await house.publish()
        head = await house.write("Ben", "I would.", to=closing["id"])
        await house.settle()
        ann = house.member("Ann")
        asked = await house.run("privacy forget-me", who=ann)
        await house.press(asked, "Erase, and keep me out", who=ann)
        await house.settle()
        said = await house.write("Ann", "Not for the record.", channel_id=head)
        after = await house.write("Ben", "As you like.", to=said, channel_id=head)
        await house.settle()
        replies = await kept(house)
        assert (replies[str(said)]["author"], replies[str(said)]["text"]) == (None, "")
        assert replies[str(after)]["parent"] == str(said)
        assert "Not for the record" not in str(replies)
