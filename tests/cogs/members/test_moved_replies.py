"""The author of a moved reply takes it away or corrects it; nobody else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import User
from tests.delivery.test_reply_moves import a_head, copies, kept, let_move
from tests.support.running_bot import House, a_house, a_world, form_data, lived_in


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        await let_move(opened)
        yield opened


async def choose(house: House, who: User, menu: str, message_id: int, where: int) -> dict[str, Any]:
    """Choose a message command on a message."""
    known = next(c for c in house.emulator.world.commands.values() if c.name == menu)
    data = {
        "id": str(known.id),
        "name": menu,
        "type": 3,
        "version": str(known.version),
        "target_id": str(message_id),
    }
    return await house.interact(2, data, who=who, channel_id=where)


async def a_copy(house: House, **more: Any) -> tuple[int, int, int]:
    """A thread, a reply that was moved into it, and its copy."""
    head = await a_head(house)
    beside = await house.write("Ben", "Wy?", to=head, **more)
    await house.settle()
    (copy,) = await copies(house, head)
    return head, beside, int(copy["id"])


async def test_its_author_takes_a_copy_away(house: House) -> None:
    head, beside, copy = await a_copy(house, file=("a.txt", b"a"))
    chosen = await choose(house, house.member("Ben"), "Take away", copy, head)
    assert "taken away" in await house.said(chosen)
    assert await copies(house, head) == []
    reply = (await kept(house))[str(beside)]
    assert (reply["text"], reply["deleted"], reply["attachments"]) == ("", True, [])
    other = await house.write("Ben", "Well.", channel_id=head)
    said = await house.said(await choose(house, house.member("Ben"), "Take away", other, head))
    assert "moved into their thread" in said
    assert (await kept(house))[str(other)]["text"] == "Well."


async def test_its_author_corrects_a_copy(house: House) -> None:
    head, beside, copy = await a_copy(house, file=("a.txt", b"a"))
    form = (await choose(house, house.member("Ben"), "Correct", copy, head))["answer"]
    entered = form_data(form, {"Your reply": "Why ¶1?"})
    done = await house.interact(5, entered, who=house.member("Ben"), channel_id=head)
    assert "corrected" in await house.said(done)
    (stands,) = await copies(house, head)
    assert stands["content"] == "Why ¶1?"
    assert [file["filename"] for file in stands["attachments"]] == ["a.txt"]
    reply = (await kept(house))[str(beside)]
    assert (reply["text"], reply["passages"]) == ("Why ¶1?", [1])
    assert reply["edited_at"] is not None


async def test_a_correction_in_an_archived_thread_opens_it(house: House) -> None:
    head, beside, copy = await a_copy(house)
    form = (await choose(house, house.member("Ben"), "Correct", copy, head))["answer"]
    await house.act(house.member(), "PATCH", f"/channels/{head}", {"archived": True})
    entered = form_data(form, {"Your reply": "Why?"})
    await house.interact(5, entered, who=house.member("Ben"), channel_id=head)
    await house.settle()
    assert [one["content"] for one in await copies(house, head)] == ["Why?"]
    assert (await kept(house))[str(beside)]["text"] == "Why?"


async def test_a_correction_outlives_a_restart_and_what_fails(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await let_move(house)
            head, beside, copy = await a_copy(house)
            form = (await choose(house, house.member("Ben"), "Correct", copy, head))["answer"]
        async with lived_in(tmp_path, emulator) as house:
            body = {"kind": "http", "method": "PATCH", "path": "/webhooks/*/*/messages/*"}
            await house.control(
                "faults", body | {"status": 503, "times": 1000, "after_effect": False}
            )
            entered = form_data(form, {"Your reply": "Why?"})
            await house.interact(5, entered, who=house.member("Ben"), channel_id=head)
            await house.settle()
            assert [one["content"] for one in await copies(house, head)] == ["Wy?"]
            assert (await kept(house))[str(beside)]["text"] == "Why?"
            async with house.session.delete(f"{emulator.page}/rehearsal/faults"):
                pass
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(600)
            assert [one["content"] for one in await copies(house, head)] == ["Why?"]


async def test_nobody_else_corrects_it_and_only_moderators_take_it_away(house: House) -> None:
    head, beside, copy = await a_copy(house)
    ann, admin = house.member("Ann"), house.member()
    for menu in ("Take away", "Correct"):
        said = await house.said(await choose(house, ann, menu, copy, head))
        assert "Only Ben" in said
    assert "Only Ben" in await house.said(await choose(house, admin, "Correct", copy, head))
    assert (await kept(house))[str(beside)]["text"] == "Wy?"
    await house.said(await choose(house, admin, "Take away", copy, head))
    assert await copies(house, head) == []
    assert (await kept(house))[str(beside)]["deleted"] is True


async def test_an_emptied_reply_is_refused(house: House) -> None:
    head, beside, copy = await a_copy(house)
    form = (await choose(house, house.member("Ben"), "Correct", copy, head))["answer"]
    entered = form_data(form, {"Your reply": "   "})
    done = await house.interact(5, entered, who=house.member("Ben"), channel_id=head)
    assert "needs words" in await house.said(done)
    assert (await kept(house))[str(beside)]["text"] == "Wy?"
