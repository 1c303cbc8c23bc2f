"""The author of a moved reply takes it away or corrects it; nobody else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.world.models import User
from tests.delivery.test_reply_moves import a_head, copies, kept, let_move
from tests.support.running_bot import RunningBot, form_data, run_bot, run_emulator, running_bot


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        await let_move(opened)
        yield opened


async def choose(
    running: RunningBot, who: User, menu: str, message_id: int, where: int
) -> dict[str, Any]:
    """Choose a message command on a message."""
    known = next(c for c in running.emulator.world.commands.values() if c.name == menu)
    data = {
        "id": str(known.id),
        "name": menu,
        "type": 3,
        "version": str(known.version),
        "target_id": str(message_id),
    }
    return await running.interact(2, data, who=who, channel_id=where)


async def a_copy(running: RunningBot, **more: Any) -> tuple[int, int, int]:
    """A thread, a reply that was moved into it, and its copy."""
    head = await a_head(running)
    beside = await running.write("Ben", "Wy?", to=head, **more)
    await running.settle()
    (copy,) = await copies(running, head)
    return head, beside, int(copy["id"])


async def test_the_author_of_a_moved_reply_deletes_its_copy(running: RunningBot) -> None:
    head, beside, copy = await a_copy(running, file=("a.txt", b"a"))
    chosen = await choose(running, running.member("Ben"), "Delete my reply", copy, head)
    assert "is deleted" in await running.answer_text(chosen)
    assert await copies(running, head) == []
    reply = (await kept(running))[str(beside)]
    assert (reply["text"], reply["deleted"], reply["attachments"]) == ("", True, [])
    other = await running.write("Ben", "Well.", channel_id=head)
    said = await running.answer_text(
        await choose(running, running.member("Ben"), "Delete my reply", other, head)
    )
    assert "moved into a thread" in said
    assert (await kept(running))[str(other)]["text"] == "Well."


@pytest.mark.smoke
async def test_the_author_of_a_moved_reply_edits_its_copy(running: RunningBot) -> None:
    head, beside, copy = await a_copy(running, file=("a.txt", b"a"))
    form = (await choose(running, running.member("Ben"), "Edit my reply", copy, head))["answer"]
    entered = form_data(form, {"Your reply": "Why ¶1?"})
    done = await running.interact(5, entered, who=running.member("Ben"), channel_id=head)
    assert "is edited" in await running.answer_text(done)
    (stands,) = await copies(running, head)
    assert stands["content"] == "Why ¶1?"
    assert [file["filename"] for file in stands["attachments"]] == ["a.txt"]
    reply = (await kept(running))[str(beside)]
    assert (reply["text"], reply["passages"]) == ("Why ¶1?", [1])
    assert reply["edited_at"] is not None


async def test_an_edit_in_an_archived_thread_opens_the_thread(running: RunningBot) -> None:
    head, beside, copy = await a_copy(running)
    form = (await choose(running, running.member("Ben"), "Edit my reply", copy, head))["answer"]
    await running.call_as(running.member(), "PATCH", f"/channels/{head}", {"archived": True})
    entered = form_data(form, {"Your reply": "Why?"})
    await running.interact(5, entered, who=running.member("Ben"), channel_id=head)
    await running.settle()
    assert [one["content"] for one in await copies(running, head)] == ["Why?"]
    assert (await kept(running))[str(beside)]["text"] == "Why?"


async def test_an_edit_survives_a_restart_and_failing_calls(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await let_move(running)
            head, beside, copy = await a_copy(running)
            form = (await choose(running, running.member("Ben"), "Edit my reply", copy, head))[
                "answer"
            ]
        async with run_bot(tmp_path, emulator) as running:
            body = {"kind": "http", "method": "PATCH", "path": "/webhooks/*/*/messages/*"}
            await running.control(
                "faults", body | {"status": 503, "times": 1000, "after_effect": False}
            )
            entered = form_data(form, {"Your reply": "Why?"})
            await running.interact(5, entered, who=running.member("Ben"), channel_id=head)
            await running.settle()
            assert [one["content"] for one in await copies(running, head)] == ["Wy?"]
            assert (await kept(running))[str(beside)]["text"] == "Why?"
            async with running.session.delete(f"{emulator.page}/rehearsal/faults"):
                pass
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(600)
            assert [one["content"] for one in await copies(running, head)] == ["Why?"]


async def test_only_its_author_edits_a_copy_and_only_moderators_else_delete_it(
    running: RunningBot,
) -> None:
    head, beside, copy = await a_copy(running)
    ann, admin = running.member("Ann"), running.member()
    for menu in ("Delete my reply", "Edit my reply"):
        said = await running.answer_text(await choose(running, ann, menu, copy, head))
        assert "Only Ben" in said
    assert "Only Ben" in await running.answer_text(
        await choose(running, admin, "Edit my reply", copy, head)
    )
    assert (await kept(running))[str(beside)]["text"] == "Wy?"
    await running.answer_text(await choose(running, admin, "Delete my reply", copy, head))
    assert await copies(running, head) == []
    assert (await kept(running))[str(beside)]["deleted"] is True


async def test_an_emptied_reply_is_refused(running: RunningBot) -> None:
    head, beside, copy = await a_copy(running)
    form = (await choose(running, running.member("Ben"), "Edit my reply", copy, head))["answer"]
    entered = form_data(form, {"Your reply": "   "})
    done = await running.interact(5, entered, who=running.member("Ben"), channel_id=head)
    assert "can't be empty" in await running.answer_text(done)
    assert (await kept(running))[str(beside)]["text"] == "Wy?"
