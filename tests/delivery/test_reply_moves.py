"""A channel reply that belongs into a thread is moved there: once, whole, and as its author's."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.conversation.events import Deletion
from storage.db.restore import restore
from storage.db.writer import Transaction
from storage.servers import settings, setup_choices
from tests.support.running_bot import House, a_house, a_world, lived_in

EXECUTE = "/webhooks/*/*"
MANAGE_WEBHOOKS, MANAGE_MESSAGES = 1 << 29, 1 << 13


async def let_move(house: House, *, bring: str = "move") -> None:
    """The server chose to have replies moved, and the bot may."""
    await allow(house, MANAGE_WEBHOOKS | MANAGE_MESSAGES)

    async def choose(tx: Transaction) -> None:
        await settings.register(tx, house.server_id, "Rehearsal", 0)
        await setup_choices.set_bring(tx, house.server_id, bring)
        await settings.set_notices_channel(tx, house.server_id, house.channel("admins"))

    await house.database.write(choose)


async def allow(house: House, bits: int, *, deny: int = 0) -> None:
    path = f"/channels/{house.channel()}/permissions/{house.salon.own_id}"
    body = {"type": 1, "allow": str(bits), "deny": str(deny)}
    await house.act(house.member(), "PUT", path, body)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with a_house(tmp_path) as opened:
        await let_move(opened)
        yield opened


async def fault(house: House, method: str, path: str, **more: Any) -> None:
    body = {"kind": "http", "method": method, "path": path, "times": 1, "after_effect": False}
    await house.control("faults", body | more)


async def kept(house: House) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await house.export())["replies"]}


async def copies(house: House, thread_id: int) -> list[dict[str, Any]]:
    return [m for m in await house.messages(thread_id) if m.get("webhook_id")]


async def a_head(house: House) -> int:
    *_, closing = await house.publish()
    head = await house.write("Ann", "I would.", to=closing["id"])
    await house.settle()
    return head


async def test_a_channel_reply_to_a_head_is_moved_into_its_thread(house: House) -> None:
    head = await a_head(house)
    beside = await house.write("Ben", "Why *not* <@1>?", to=head, file=("a b.png", b"picture"))
    await house.settle()
    (copy,) = await copies(house, head)
    assert copy["content"] == "Why *not* <@1>?"
    assert copy["author"]["username"] == "Ben"
    assert copy["author"]["avatar"].startswith("https://cdn.discordapp.com/")
    assert copy["mentions"] == []
    assert [(f["filename"], f["size"]) for f in copy["attachments"]] == [("a_b.png", 7)]
    assert beside not in {int(m["id"]) for m in await house.messages()}
    reply = (await kept(house))[str(beside)]
    assert reply["author"] == {"id": str(house.member("Ben").id), "name": "Ben"}
    assert (reply["parent"], reply["thread_id"]) == (str(head), str(head))
    assert (reply["text"], reply["deleted"]) == ("Why *not* <@1>?", False)
    assert [f["name"] for f in reply["attachments"]] == ["a_b.png"]
    assert len(await kept(house)) == 2, "the copy is no reply of its own"
    thread = house.emulator.world.channels[head].thread
    assert thread is not None
    assert house.member("Ben").id in thread.members


CALLS = {
    "the copy": ("POST", EXECUTE),
    "the webhooks": ("GET", "/channels/*/webhooks"),
    "a webhook made": ("POST", "/channels/*/webhooks"),
    "the original read": ("GET", "/channels/*/messages/*"),
    "the author added": ("PUT", "/channels/*/thread-members/*"),
    "the original deleted": ("DELETE", "/channels/*/messages/*"),
}


@pytest.mark.parametrize("after_effect", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("status", [500, 502, 503, 429, None])
@pytest.mark.parametrize("call", CALLS)
async def test_whatever_call_fails_a_reply_is_moved_once(
    house: House, call: str, status: int | None, after_effect: bool
) -> None:
    if status == 429 and after_effect:
        pytest.skip("a 429 has no effect (docs: Topics › Rate Limits)")
    head = await a_head(house)
    await fault(house, *CALLS[call], status=status, after_effect=after_effect)
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle(120)
    assert [copy["content"] for copy in await copies(house, head)] == ["Why?"]
    assert beside not in {int(m["id"]) for m in await house.messages()}
    reply = (await kept(house))[str(beside)]
    assert (reply["text"], reply["deleted"], reply["thread_id"]) == ("Why?", False, str(head))
    webhooks = house.emulator.world.webhooks
    assert len(webhooks) == 1, "one webhook is enough"


async def clear(house: House) -> None:
    async with house.session.delete(f"{house.emulator.page}/rehearsal/faults") as response:
        assert response.status < 300


async def test_an_edit_before_the_original_goes_reaches_the_copy(house: House) -> None:
    head = await a_head(house)
    await fault(house, "DELETE", "/channels/*/messages/*", status=503, times=1000)
    beside = await house.write("Ben", "Wy?", to=head)
    await house.settle()
    assert [copy["content"] for copy in await copies(house, head)] == ["Wy?"]
    here = f"/channels/{house.channel()}/messages/{beside}"
    await house.act(house.member("Ben"), "PATCH", here, {"content": "Why?"})
    await clear(house)
    await house.settle(600)
    assert [copy["content"] for copy in await copies(house, head)] == ["Why?"]
    assert (await kept(house))[str(beside)]["text"] == "Why?"
    assert (await kept(house))[str(beside)]["edited_at"] is not None


async def test_an_edit_while_the_copy_is_under_way_reaches_it(house: House) -> None:
    head = await a_head(house)
    await fault(house, "POST", EXECUTE, status=None, after_effect=True)
    await fault(house, "GET", f"/channels/{head}/messages", status=503, times=6)
    beside = await house.write("Ben", "Wy?", to=head, file=("a.txt", b"a"))
    await house.settle()
    here = f"/channels/{house.channel()}/messages/{beside}"
    await house.act(house.member("Ben"), "PATCH", here, {"content": "Why?", "attachments": []})
    await house.settle(600)
    (copy,) = await copies(house, head)
    assert (copy["content"], copy["attachments"]) == ("Why?", [])
    assert (await kept(house))[str(beside)]["text"] == "Why?"
    assert (await kept(house))[str(beside)]["attachments"] == []


async def test_an_edit_that_nobody_told_of_is_found_before_the_original_goes(
    house: House,
) -> None:
    head = await a_head(house)
    await fault(house, "DELETE", "/channels/*/messages/*", status=503, times=1000)
    beside = await house.write("Ben", "Wy?", to=head)
    await house.settle()
    put = house.salon.services.recorder.put
    house.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    here = f"/channels/{house.channel()}/messages/{beside}"
    await house.act(house.member("Ben"), "PATCH", here, {"content": "Why?"})
    await house.settle()
    house.salon.services.recorder.put = put  # type: ignore[method-assign]
    assert (await kept(house))[str(beside)]["text"] == "Wy?"
    await clear(house)
    await house.settle(600)
    assert [copy["content"] for copy in await copies(house, head)] == ["Why?"]
    assert (await kept(house))[str(beside)]["text"] == "Why?"


@pytest.mark.parametrize("who", ["its author", "a moderator"])
async def test_an_original_deleted_before_the_bot_came_to_it_takes_its_copy_with_it(
    house: House, who: str
) -> None:
    head = await a_head(house)
    await fault(house, "DELETE", "/channels/*/messages/*", status=403, code=50013, times=1000)
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    assert len(await copies(house, head)) == 1
    member = house.member("Ben") if who == "its author" else house.member()
    await house.act(member, "DELETE", f"/channels/{house.channel()}/messages/{beside}")
    await clear(house)
    await house.settle(7200)
    assert await copies(house, head) == []
    reply = (await kept(house))[str(beside)]
    assert (reply["text"], reply["deleted"]) == ("", True)


async def test_a_reply_deleted_while_its_copy_is_under_way_leaves_no_copy(house: House) -> None:
    head = await a_head(house)
    await fault(house, "POST", EXECUTE, status=None, after_effect=True)
    await fault(house, "GET", f"/channels/{head}/messages", status=503, times=6)
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    here = f"/channels/{house.channel()}/messages/{beside}"
    await house.act(house.member("Ben"), "DELETE", here)
    await house.settle(600)
    assert await copies(house, head) == []
    assert (await kept(house))[str(beside)]["deleted"] is True


async def test_a_copy_deleted_by_a_moderator_is_a_reply_deleted(house: House) -> None:
    head = await a_head(house)
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    (copy,) = await copies(house, head)
    await house.act(house.member(), "DELETE", f"/channels/{head}/messages/{copy['id']}")
    await house.settle()
    reply = (await kept(house))[str(beside)]
    assert (reply["text"], reply["deleted"]) == ("", True)


async def test_an_original_that_could_not_be_removed_stays_when_the_thread_is_deleted(
    house: House,
) -> None:
    head = await a_head(house)
    await fault(house, "DELETE", "/channels/*/messages/*", status=503, times=1000)
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    assert [copy["content"] for copy in await copies(house, head)] == ["Why?"]
    await house.act(house.member(), "DELETE", f"/channels/{head}")
    await clear(house)
    await house.settle(600)
    assert beside in {int(m["id"]) for m in await house.messages()}
    reply = (await kept(house))[str(beside)]
    assert (reply["text"], reply["deleted"], reply["thread_id"]) == ("Why?", False, None)


async def test_neither_a_restart_nor_a_reading_takes_a_moved_reply_for_deleted(
    tmp_path: Path,
) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await let_move(house)
            head = await a_head(house)
            # The original goes, and neither the answer nor the event reaches the bot.
            house.salon.services.recorder.put = _without_deletions(house)  # type: ignore[method-assign]
            await fault(house, "DELETE", "/channels/*/messages/*", status=None, after_effect=True)
            beside = await house.write("Ben", "Why?", to=head)
            await house.settle()
            assert beside not in {int(m["id"]) for m in await house.messages()}
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(600)
            reply = (await kept(house))[str(beside)]
            assert (reply["text"], reply["deleted"]) == ("Why?", False)
            assert [copy["content"] for copy in await copies(house, head)] == ["Why?"]


def _without_deletions(house: House) -> Any:
    put = house.salon.services.recorder.put
    return lambda events: put([e for e in events if not isinstance(e, Deletion)])


async def test_a_reply_waits_to_be_moved_until_its_server_is_told_of(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await let_move(house)
            head = await a_head(house)
            await fault(house, "GET", "/channels/*/webhooks", status=503, times=1000)
            beside = await house.write("Ben", "Why?", to=head)
            await house.settle()
            await clear(house)
            await house.control("faults", {"kind": "server_outage"})
        async with lived_in(tmp_path, emulator, sees_server=False) as house:
            await house.settle(600)
            await house.control("faults", {"kind": "server_return"})
            await house.settle(600)
            assert [copy["content"] for copy in await copies(house, head)] == ["Why?"]
            assert beside not in {int(m["id"]) for m in await house.messages()}
            assert await house.messages(house.channel("admins")) == []


async def test_a_copy_deleted_unseen_is_found_to_be(tmp_path: Path) -> None:
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await let_move(house)
            head = await a_head(house)
            beside = await house.write("Ben", "Why?", to=head)
            await house.settle()
            (copy,) = await copies(house, head)
            house.salon.services.recorder.put = _without_deletions(house)  # type: ignore[method-assign]
            await house.act(house.member(), "DELETE", f"/channels/{head}/messages/{copy['id']}")
            await house.settle()
            assert (await kept(house))[str(beside)]["deleted"] is False
        async with lived_in(tmp_path, emulator) as house:
            assert (await kept(house))[str(beside)]["deleted"] is True


async def test_an_answer_to_a_copy_answers_the_reply(house: House) -> None:
    head = await a_head(house)
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    (copy,) = await copies(house, head)
    answer = await house.write("Ann", "Because.", to=copy["id"], channel_id=head)
    late = await house.write("Chloe", "In the channel.", to=head)
    await house.settle()
    replies = await kept(house)
    assert replies[str(answer)]["parent"] == str(beside)
    assert replies[str(late)]["parent"] == str(head)


async def test_an_answer_that_comes_before_the_copy_is_recorded_finds_its_parent(
    house: House,
) -> None:
    head = await a_head(house)
    await fault(house, "POST", EXECUTE, status=None, after_effect=True)
    await fault(house, "GET", f"/channels/{head}/messages", status=503, times=6)
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    (copy,) = await copies(house, head)
    answer = await house.write("Ann", "Because.", to=copy["id"], channel_id=head)
    await house.settle()
    assert (await kept(house))[str(answer)]["parent"] == str(head), "nothing better is known yet"
    await house.settle(600)
    assert (await kept(house))[str(answer)]["parent"] == str(beside)


async def test_reactions_are_those_of_the_copy(house: House) -> None:
    head = await a_head(house)
    await fault(house, "POST", EXECUTE, status=503, times=3)
    beside = await house.write("Ben", "Why?", to=head)
    there = f"/channels/{house.channel()}/messages/{beside}/reactions"
    await house.act(house.member("Ann"), "PUT", f"{there}/%F0%9F%91%8D/@me")
    await house.settle()
    assert (await kept(house))[str(beside)]["reactions"] == [{"emoji": "👍", "count": 1}]
    await house.settle(120)
    assert (await kept(house))[str(beside)]["reactions"] == []
    (copy,) = await copies(house, head)
    there = f"/channels/{head}/messages/{copy['id']}/reactions"
    await house.act(house.member("Ann"), "PUT", f"{there}/%F0%9F%91%8E/@me")
    await house.settle()
    assert (await kept(house))[str(beside)]["reactions"] == [{"emoji": "👎", "count": 1}]


async def test_a_reaction_to_a_copy_that_is_not_recorded_yet_counts(house: House) -> None:
    head = await a_head(house)
    await fault(house, "POST", EXECUTE, status=None, after_effect=True)
    await fault(house, "GET", f"/channels/{head}/messages", status=503, times=6)
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    (copy,) = await copies(house, head)
    there = f"/channels/{head}/messages/{copy['id']}/reactions"
    await house.act(house.member("Ann"), "PUT", f"{there}/%F0%9F%91%8D/@me")
    await house.settle(600)
    assert (await kept(house))[str(beside)]["reactions"] == [{"emoji": "👍", "count": 1}]


async def test_replies_stand_in_the_thread_in_their_order(house: House) -> None:
    head = await a_head(house)
    await fault(house, "POST", EXECUTE, status=503, times=1)
    texts = [f"Point {number}." for number in range(7)]
    for text in texts:
        await house.write("Ben", text, to=head)
    await house.settle(60)
    stand = [copy["content"] for copy in await copies(house, head)]
    assert sorted(stand) == texts
    rest = [text for text in stand if text != texts[0]]
    assert rest == texts[1:], "only the one that failed lets others pass"


async def test_the_same_words_twice_are_moved_twice(house: House) -> None:
    head = await a_head(house)
    await fault(house, "POST", EXECUTE, status=None, after_effect=True, times=2)
    said = [await house.write("Ben", "Yes.", to=head) for _ in range(2)]
    await house.settle(120)
    assert len(await copies(house, head)) == 2
    rows = await house.database.read(lambda tx: tx.rows("SELECT copy_id FROM reply_moves"))
    assert {str(row["copy_id"]) for row in rows} == {c["id"] for c in await copies(house, head)}
    assert not set(said) & {int(m["id"]) for m in await house.messages()}


async def test_talk_in_the_channel_is_moved_into_an_essays_one_thread(house: House) -> None:
    await house.database.write(lambda tx: setup_choices.set_style(tx, house.server_id, "thread"))
    await house.publish()
    (thread,) = (await house.world())["threads"]
    card = (await house.ours())[0]
    beside = await house.write("Ben", "Out here.", to=card["id"])
    await house.settle(60)
    assert [copy["content"] for copy in await copies(house, int(thread["id"]))] == ["Out here."]
    reply = (await kept(house))[str(beside)]
    assert (reply["parent"], reply["thread_id"]) == (None, thread["id"])
    assert beside not in {int(m["id"]) for m in await house.messages()}


# -- pointed at instead ---------------------------------------------------------------------------


async def pointed(house: House, beside: int, head: int) -> bool:
    """Whether the reply stands where it was, with a line under it, and nothing was moved."""
    there = {int(m["id"]) for m in await house.messages()}
    last = (await house.ours())[-1]
    assert await copies(house, head) == []
    return beside in there and f"<#{head}>" in last["content"]


async def test_a_poll_is_pointed_at(house: House) -> None:
    head = await a_head(house)
    here = f"/channels/{house.channel()}/messages"
    poll = {
        "question": {"text": "Rye?"},
        "answers": [{"poll_media": {"text": "Yes"}}],
        "duration": 1,
    }
    body = {"poll": poll, "message_reference": {"message_id": str(head)}}
    beside = int((await house.act(house.member("Ben"), "POST", here, body))["id"])
    await house.settle()
    assert await pointed(house, beside, head)


async def test_who_bears_a_name_no_webhook_may_bear_is_pointed_at(house: House) -> None:
    head = await a_head(house)
    house.member("Ben").display_name = "Clyde the Second"
    beside = await house.write("Clyde the Second", "Why?", to=head)
    await house.settle()
    assert await pointed(house, beside, head)
    notices = await house.database.read(lambda tx: tx.rows("SELECT about FROM alerts"))
    assert [row["about"] for row in notices] == []


async def test_a_reply_with_a_thread_of_its_own_is_pointed_at(house: House) -> None:
    head = await a_head(house)
    await fault(house, "POST", EXECUTE, status=503, times=3)
    beside = await house.write("Ben", "Why?", to=head)
    path = f"/channels/{house.channel()}/messages/{beside}/threads"
    await house.act(house.member("Ben"), "POST", path, {"name": "Mine"})
    await house.settle(60)
    assert await pointed(house, beside, head)


async def test_a_locked_thread_is_respected(house: House) -> None:
    head = await a_head(house)
    await house.act(house.member(), "PATCH", f"/channels/{head}", {"locked": True})
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    assert await pointed(house, beside, head)


async def test_an_archived_thread_is_opened_by_what_is_moved_into_it(house: House) -> None:
    head = await a_head(house)
    await house.act(house.member(), "PATCH", f"/channels/{head}", {"archived": True})
    await house.write("Ben", "Why?", to=head)
    await house.settle()
    assert len(await copies(house, head)) == 1


async def test_without_the_rights_replies_are_pointed_at_and_the_admins_told_once(
    house: House,
) -> None:
    head = await a_head(house)
    await allow(house, MANAGE_WEBHOOKS, deny=MANAGE_MESSAGES)
    for text in ("Why?", "Why not?"):
        beside = await house.write("Ben", text, to=head)
        await house.settle()
        assert await pointed(house, beside, head)
    (told,) = await house.ours(house.channel("admins"))
    assert "*Manage Messages*" in told["content"]
    assert "*Manage Webhooks*" not in told["content"]
    await allow(house, MANAGE_WEBHOOKS | MANAGE_MESSAGES)
    await house.write("Ben", "Now?", to=head)
    await house.settle()
    assert [copy["content"] for copy in await copies(house, head)] == ["Now?"]


async def test_a_channel_full_of_webhooks_is_pointed_in_and_the_admins_are_told(
    house: House,
) -> None:
    head = await a_head(house)
    path = f"/channels/{house.channel()}/webhooks"
    for number in range(15):
        await house.act(house.member(), "POST", path, {"name": f"News {number}"})
    beside = await house.write("Ben", "Why?", to=head)
    await house.settle()
    assert await pointed(house, beside, head)
    (told,) = await house.ours(house.channel("admins"))
    assert "as many webhooks as Discord allows" in told["content"]


async def test_a_webhook_that_somebody_deleted_is_made_anew(house: House) -> None:
    head = await a_head(house)
    await house.write("Ben", "One.", to=head)
    await house.settle()
    house.emulator.world.webhooks.clear()
    await house.write("Ben", "Two.", to=head)
    await house.settle(60)
    assert [copy["content"] for copy in await copies(house, head)] == ["One.", "Two."]


async def test_a_server_that_did_not_choose_it_has_its_replies_pointed_at(tmp_path: Path) -> None:
    async with a_house(tmp_path) as house:
        await let_move(house, bring="link")
        head = await a_head(house)
        beside = await house.write("Ben", "Why?", to=head)
        await house.settle()
        assert await pointed(house, beside, head)


async def test_a_backup_of_before_the_move_takes_no_moved_reply_for_deleted(
    tmp_path: Path,
) -> None:
    archive, backup = tmp_path / "salon.sqlite3", tmp_path / "backup.sqlite3"
    async with a_world() as emulator:
        async with lived_in(tmp_path, emulator) as house:
            await let_move(house, bring="link")
            head = await a_head(house)
            known = await house.write("Ben", "Known to the backup.", to=head)
            await house.settle()
        shutil.copy2(archive, backup)
        async with lived_in(tmp_path, emulator) as house:
            # As a server does that chooses to have replies moved between backup and restoring.
            await house.database.write(
                lambda tx: setup_choices.set_bring(tx, house.server_id, "move")
            )
            await house.database.write(
                lambda tx: tx.run("UPDATE reply_moves SET state = 'planned', copyable = 1")
            )
            house.salon.services.sweep.wake()
            await house.settle(60)
            assert known not in {int(m["id"]) for m in await house.messages()}
            assert (await kept(house))[str(known)]["deleted"] is False
            now = house.clock.now()
        assert restore(backup, archive, now).erased == 0
        async with lived_in(tmp_path, emulator) as house:
            await house.settle(600)
            reply = (await kept(house))[str(known)]
            assert (reply["text"], reply["deleted"]) == ("Known to the backup.", False)
            assert reply["thread_id"] == str(head)
            assert len(await copies(house, head)) == 1
