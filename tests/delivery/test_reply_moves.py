"""A channel reply that belongs into a thread is moved there: once, whole, and as its author's."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.conversation.events import Deletion
from bot.core.text.coded_text import make_coded
from storage.db.restore import restore
from storage.db.writer import Transaction
from storage.servers import settings
from tests.support.running_bot import RunningBot, run_bot, run_emulator, running_bot

EXECUTE = "/webhooks/*/*"
MANAGE_WEBHOOKS, MANAGE_MESSAGES = 1 << 29, 1 << 13


async def let_move(running: RunningBot, *, bring: str = "move") -> None:
    """The server chose to have replies moved, and the bot may."""
    await allow(running, MANAGE_WEBHOOKS | MANAGE_MESSAGES)

    async def choose(tx: Transaction) -> None:
        await settings.register_server(tx, running.server_id, "Rehearsal", 0)
        await settings.set_channel_replies(tx, running.server_id, bring)
        await settings.set_alerts_channel(tx, running.server_id, running.channel("admins"))

    await running.database.write(choose)


async def allow(running: RunningBot, bits: int, *, deny: int = 0) -> None:
    path = f"/channels/{running.channel()}/permissions/{running.salon.own_id}"
    body = {"type": 1, "allow": str(bits), "deny": str(deny)}
    await running.call_as(running.member(), "PUT", path, body)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as opened:
        await let_move(opened)
        yield opened


async def fault(running: RunningBot, method: str, path: str, **more: Any) -> None:
    body = {"kind": "http", "method": method, "path": path, "times": 1, "after_effect": False}
    await running.control("faults", body | more)


async def kept(running: RunningBot) -> dict[str, dict[str, Any]]:
    return {reply["id"]: reply for reply in (await running.export())["replies"]}


async def copies(running: RunningBot, thread_id: int) -> list[dict[str, Any]]:
    return [m for m in await running.messages(thread_id) if m.get("webhook_id")]


async def a_head(running: RunningBot) -> int:
    *_, closing = await running.publish()
    head = await running.write("Ann", "I would.", to=closing["id"])
    await running.settle()
    return head


@pytest.mark.smoke
async def test_a_channel_reply_to_a_threads_first_message_is_moved_into_the_thread(
    running: RunningBot,
) -> None:
    head = await a_head(running)
    beside = await running.write("Ben", "Why *not* <@1>?", to=head, file=("a b.png", b"picture"))
    await running.settle()
    (copy,) = await copies(running, head)
    assert copy["content"] == "Why *not* <@1>?"
    assert copy["author"]["username"] == "Ben"
    assert copy["author"]["avatar"].startswith("https://cdn.discordapp.com/")
    assert copy["mentions"] == []
    assert [(f["filename"], f["size"]) for f in copy["attachments"]] == [("a_b.png", 7)]
    assert beside not in {int(m["id"]) for m in await running.messages()}
    reply = (await kept(running))[str(beside)]
    assert reply["author"] == {"id": str(running.member("Ben").id), "name": "Ben"}
    assert (reply["parent"], reply["thread_id"]) == (str(head), str(head))
    assert (reply["text"], reply["deleted"]) == ("Why *not* <@1>?", False)
    assert [f["name"] for f in reply["attachments"]] == ["a_b.png"]
    assert len(await kept(running)) == 2, "the copy is no reply of its own"
    thread = running.emulator.world.channels[head].thread
    assert thread is not None
    assert running.member("Ben").id in thread.members


async def test_the_files_of_a_moved_reply_stay_spoilers(running: RunningBot) -> None:
    """docs: Message Resource › Attachment Flags (IS_SPOILER, 1 << 3); not by the name alone."""
    head = await a_head(running)
    body = {
        "content": "Why ||not||?",
        "message_reference": {"message_id": str(head)},
        "attachments": [{"id": "0", "filename": "a.png", "is_spoiler": True}],
    }
    path = f"/channels/{running.channel()}/messages"
    await running.call_as(running.member("Ben"), "POST", path, body, ("a.png", b"picture"))
    await running.settle()
    (copy,) = await copies(running, head)
    assert copy["content"] == "Why ||not||?"
    assert [f["flags"] & 1 << 3 for f in copy["attachments"]] == [8]


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
async def test_a_reply_is_moved_once_whichever_call_fails(
    running: RunningBot, call: str, status: int | None, after_effect: bool
) -> None:
    if status == 429 and after_effect:
        pytest.skip("a 429 has no effect (docs: Topics › Rate Limits)")
    head = await a_head(running)
    await fault(running, *CALLS[call], status=status, after_effect=after_effect)
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle(120)
    assert [copy["content"] for copy in await copies(running, head)] == ["Why?"]
    assert beside not in {int(m["id"]) for m in await running.messages()}
    reply = (await kept(running))[str(beside)]
    assert (reply["text"], reply["deleted"], reply["thread_id"]) == ("Why?", False, str(head))
    webhooks = running.emulator.world.webhooks
    assert len(webhooks) == 1, "one webhook is enough"


async def clear(running: RunningBot) -> None:
    async with running.session.delete(f"{running.emulator.page}/rehearsal/faults") as response:
        assert response.status < 300


async def test_an_edit_before_the_original_is_deleted_reaches_the_copy(running: RunningBot) -> None:
    head = await a_head(running)
    await fault(running, "DELETE", "/channels/*/messages/*", status=503, times=1000)
    beside = await running.write("Ben", "Wy?", to=head)
    await running.settle()
    assert [copy["content"] for copy in await copies(running, head)] == ["Wy?"]
    here = f"/channels/{running.channel()}/messages/{beside}"
    await running.call_as(running.member("Ben"), "PATCH", here, {"content": "Why?"})
    await clear(running)
    await running.settle(600)
    assert [copy["content"] for copy in await copies(running, head)] == ["Why?"]
    assert (await kept(running))[str(beside)]["text"] == "Why?"
    assert (await kept(running))[str(beside)]["edited_at"] is not None


async def test_an_edit_during_the_copying_reaches_the_copy(running: RunningBot) -> None:
    head = await a_head(running)
    await fault(running, "POST", EXECUTE, status=None, after_effect=True)
    await fault(running, "GET", f"/channels/{head}/messages", status=503, times=6)
    beside = await running.write("Ben", "Wy?", to=head, file=("a.txt", b"a"))
    await running.settle()
    here = f"/channels/{running.channel()}/messages/{beside}"
    await running.call_as(
        running.member("Ben"), "PATCH", here, {"content": "Why?", "attachments": []}
    )
    await running.settle(600)
    (copy,) = await copies(running, head)
    assert (copy["content"], copy["attachments"]) == ("Why?", [])
    assert (await kept(running))[str(beside)]["text"] == "Why?"
    assert (await kept(running))[str(beside)]["attachments"] == []


async def test_an_edit_that_no_event_reported_is_found_before_the_original_is_deleted(
    running: RunningBot,
) -> None:
    head = await a_head(running)
    await fault(running, "DELETE", "/channels/*/messages/*", status=503, times=1000)
    beside = await running.write("Ben", "Wy?", to=head)
    await running.settle()
    put = running.salon.services.recorder.put
    running.salon.services.recorder.put = lambda events: 0  # type: ignore[method-assign]
    here = f"/channels/{running.channel()}/messages/{beside}"
    await running.call_as(running.member("Ben"), "PATCH", here, {"content": "Why?"})
    await running.settle()
    running.salon.services.recorder.put = put  # type: ignore[method-assign]
    assert (await kept(running))[str(beside)]["text"] == "Wy?"
    await clear(running)
    await running.settle(600)
    assert [copy["content"] for copy in await copies(running, head)] == ["Why?"]
    assert (await kept(running))[str(beside)]["text"] == "Why?"


@pytest.mark.parametrize("who", ["its author", "a moderator"])
async def test_the_copy_is_deleted_if_the_member_deletes_the_original_first(
    running: RunningBot, who: str
) -> None:
    head = await a_head(running)
    await fault(running, "DELETE", "/channels/*/messages/*", status=403, code=50013, times=1000)
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    assert len(await copies(running, head)) == 1
    member = running.member("Ben") if who == "its author" else running.member()
    await running.call_as(member, "DELETE", f"/channels/{running.channel()}/messages/{beside}")
    await clear(running)
    await running.settle(7200)
    assert await copies(running, head) == []
    reply = (await kept(running))[str(beside)]
    assert (reply["text"], reply["deleted"]) == ("", True)


async def test_a_reply_deleted_while_it_is_being_copied_leaves_no_copy(
    running: RunningBot,
) -> None:
    head = await a_head(running)
    await fault(running, "POST", EXECUTE, status=None, after_effect=True)
    await fault(running, "GET", f"/channels/{head}/messages", status=503, times=6)
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    here = f"/channels/{running.channel()}/messages/{beside}"
    await running.call_as(running.member("Ben"), "DELETE", here)
    await running.settle(600)
    assert await copies(running, head) == []
    assert (await kept(running))[str(beside)]["deleted"] is True


async def test_deleting_a_copy_as_a_moderator_deletes_the_reply(running: RunningBot) -> None:
    head = await a_head(running)
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    (copy,) = await copies(running, head)
    await running.call_as(running.member(), "DELETE", f"/channels/{head}/messages/{copy['id']}")
    await running.settle()
    reply = (await kept(running))[str(beside)]
    assert (reply["text"], reply["deleted"]) == ("", True)


async def test_an_original_that_could_not_be_deleted_stays_when_the_thread_is_deleted(
    running: RunningBot,
) -> None:
    head = await a_head(running)
    await fault(running, "DELETE", "/channels/*/messages/*", status=503, times=1000)
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    assert [copy["content"] for copy in await copies(running, head)] == ["Why?"]
    await running.call_as(running.member(), "DELETE", f"/channels/{head}")
    await clear(running)
    await running.settle(600)
    assert beside in {int(m["id"]) for m in await running.messages()}
    reply = (await kept(running))[str(beside)]
    assert (reply["text"], reply["deleted"], reply["thread_id"]) == ("Why?", False, None)


async def test_a_moved_reply_is_not_deleted_after_a_restart_or_a_read_of_the_history(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await let_move(running)
            head = await a_head(running)
            # The original goes, and neither the answer nor the event reaches the bot.
            running.salon.services.recorder.put = _without_deletions(running)  # type: ignore[method-assign]
            await fault(running, "DELETE", "/channels/*/messages/*", status=None, after_effect=True)
            beside = await running.write("Ben", "Why?", to=head)
            await running.settle()
            assert beside not in {int(m["id"]) for m in await running.messages()}
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(600)
            reply = (await kept(running))[str(beside)]
            assert (reply["text"], reply["deleted"]) == ("Why?", False)
            assert [copy["content"] for copy in await copies(running, head)] == ["Why?"]


def _without_deletions(running: RunningBot) -> Any:
    put = running.salon.services.recorder.put
    return lambda events: put([e for e in events if not isinstance(e, Deletion)])


async def test_a_reply_is_moved_once_its_server_is_available(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await let_move(running)
            head = await a_head(running)
            await fault(running, "GET", "/channels/*/webhooks", status=503, times=1000)
            beside = await running.write("Ben", "Why?", to=head)
            await running.settle()
            await clear(running)
            await running.control("faults", {"kind": "server_outage"})
        async with run_bot(tmp_path, emulator, sees_server=False) as running:
            await running.settle(600)
            await running.control("faults", {"kind": "server_return"})
            await running.settle(600)
            assert [copy["content"] for copy in await copies(running, head)] == ["Why?"]
            assert beside not in {int(m["id"]) for m in await running.messages()}
            assert await running.messages(running.channel("admins")) == []


async def test_a_copy_deleted_during_an_outage_is_noticed(tmp_path: Path) -> None:
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await let_move(running)
            head = await a_head(running)
            beside = await running.write("Ben", "Why?", to=head)
            await running.settle()
            (copy,) = await copies(running, head)
            running.salon.services.recorder.put = _without_deletions(running)  # type: ignore[method-assign]
            await running.call_as(
                running.member(), "DELETE", f"/channels/{head}/messages/{copy['id']}"
            )
            await running.settle()
            assert (await kept(running))[str(beside)]["deleted"] is False
        async with run_bot(tmp_path, emulator) as running:
            assert (await kept(running))[str(beside)]["deleted"] is True


async def test_an_answer_to_a_copy_answers_the_reply(running: RunningBot) -> None:
    head = await a_head(running)
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    (copy,) = await copies(running, head)
    answer = await running.write("Ann", "Because.", to=copy["id"], channel_id=head)
    late = await running.write("Chloe", "In the channel.", to=head)
    await running.settle()
    replies = await kept(running)
    assert replies[str(answer)]["parent"] == str(beside)
    assert replies[str(late)]["parent"] == str(head)


async def test_an_answer_that_arrives_before_the_copy_is_recorded_finds_its_parent(
    running: RunningBot,
) -> None:
    head = await a_head(running)
    await fault(running, "POST", EXECUTE, status=None, after_effect=True)
    await fault(running, "GET", f"/channels/{head}/messages", status=503, times=6)
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    (copy,) = await copies(running, head)
    answer = await running.write("Ann", "Because.", to=copy["id"], channel_id=head)
    await running.settle()
    assert (await kept(running))[str(answer)]["parent"] == str(head), "nothing better is known yet"
    await running.settle(600)
    assert (await kept(running))[str(answer)]["parent"] == str(beside)


async def test_the_reactions_of_a_moved_reply_are_those_of_its_copy(running: RunningBot) -> None:
    head = await a_head(running)
    await fault(running, "POST", EXECUTE, status=503, times=3)
    beside = await running.write("Ben", "Why?", to=head)
    there = f"/channels/{running.channel()}/messages/{beside}/reactions"
    await running.call_as(running.member("Ann"), "PUT", f"{there}/%F0%9F%91%8D/@me")
    await running.settle()
    assert (await kept(running))[str(beside)]["reactions"] == [{"emoji": "👍", "count": 1}]
    await running.settle(120)
    assert (await kept(running))[str(beside)]["reactions"] == []
    (copy,) = await copies(running, head)
    there = f"/channels/{head}/messages/{copy['id']}/reactions"
    await running.call_as(running.member("Ann"), "PUT", f"{there}/%F0%9F%91%8E/@me")
    await running.settle()
    assert (await kept(running))[str(beside)]["reactions"] == [{"emoji": "👎", "count": 1}]


async def test_a_reaction_to_a_copy_that_is_not_recorded_yet_counts(running: RunningBot) -> None:
    head = await a_head(running)
    await fault(running, "POST", EXECUTE, status=None, after_effect=True)
    await fault(running, "GET", f"/channels/{head}/messages", status=503, times=6)
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    (copy,) = await copies(running, head)
    there = f"/channels/{head}/messages/{copy['id']}/reactions"
    await running.call_as(running.member("Ann"), "PUT", f"{there}/%F0%9F%91%8D/@me")
    await running.settle(600)
    assert (await kept(running))[str(beside)]["reactions"] == [{"emoji": "👍", "count": 1}]


async def test_moved_replies_keep_their_order_in_the_thread(running: RunningBot) -> None:
    head = await a_head(running)
    await fault(running, "POST", EXECUTE, status=503, times=1)
    texts = [f"Point {number}." for number in range(7)]
    for text in texts:
        await running.write("Ben", text, to=head)
    await running.settle(60)
    stand = [copy["content"] for copy in await copies(running, head)]
    assert sorted(stand) == texts
    rest = [text for text in stand if text != texts[0]]
    assert rest == texts[1:], "only the one that failed lets others pass"


async def test_two_replies_with_the_same_text_are_both_moved(running: RunningBot) -> None:
    head = await a_head(running)
    await fault(running, "POST", EXECUTE, status=None, after_effect=True, times=2)
    said = [await running.write("Ben", "Yes.", to=head) for _ in range(2)]
    await running.settle(120)
    assert len(await copies(running, head)) == 2
    rows = await running.database.read(lambda tx: tx.rows("SELECT copy_id FROM reply_moves"))
    assert {str(row["copy_id"]) for row in rows} == {c["id"] for c in await copies(running, head)}
    assert not set(said) & {int(m["id"]) for m in await running.messages()}


async def test_channel_replies_are_moved_into_an_essays_single_thread(running: RunningBot) -> None:
    await running.database.write(lambda tx: settings.set_style(tx, running.server_id, "thread"))
    await running.publish()
    (thread,) = (await running.world())["threads"]
    card = (await running.bot_messages())[0]
    beside = await running.write("Ben", "Out here.", to=card["id"])
    await running.settle(60)
    assert [copy["content"] for copy in await copies(running, int(thread["id"]))] == ["Out here."]
    reply = (await kept(running))[str(beside)]
    assert (reply["parent"], reply["thread_id"]) == (None, thread["id"])
    assert beside not in {int(m["id"]) for m in await running.messages()}


# -- pointed at instead ---------------------------------------------------------------------------


async def pointed(running: RunningBot, beside: int, head: int) -> bool:
    """Whether the reply stands where it was, with a line under it, and nothing was moved."""
    there = {int(m["id"]) for m in await running.messages()}
    last = (await running.bot_messages())[-1]
    assert await copies(running, head) == []
    return beside in there and f"<#{head}>" in last["content"]


async def test_a_reply_with_a_poll_gets_a_link(running: RunningBot) -> None:
    head = await a_head(running)
    here = f"/channels/{running.channel()}/messages"
    poll = {
        "question": {"text": "Rye?"},
        "answers": [{"poll_media": {"text": "Yes"}}],
        "duration": 1,
    }
    body = {"poll": poll, "message_reference": {"message_id": str(head)}}
    beside = int((await running.call_as(running.member("Ben"), "POST", here, body))["id"])
    await running.settle()
    assert await pointed(running, beside, head)


async def test_an_author_whose_name_a_webhook_may_not_have_gets_a_link(running: RunningBot) -> None:
    head = await a_head(running)
    running.member("Ben").display_name = "Clyde the Second"
    beside = await running.write("Clyde the Second", "Why?", to=head)
    await running.settle()
    assert await pointed(running, beside, head)
    notices = await running.database.read(lambda tx: tx.rows("SELECT about FROM alerts"))
    assert [row["about"] for row in notices] == []


async def test_a_reply_that_has_a_thread_gets_a_link(running: RunningBot) -> None:
    head = await a_head(running)
    await fault(running, "POST", EXECUTE, status=503, times=3)
    beside = await running.write("Ben", "Why?", to=head)
    path = f"/channels/{running.channel()}/messages/{beside}/threads"
    await running.call_as(running.member("Ben"), "POST", path, {"name": "Mine"})
    await running.settle(60)
    assert await pointed(running, beside, head)


async def test_no_reply_is_moved_into_a_locked_thread(running: RunningBot) -> None:
    head = await a_head(running)
    await running.call_as(running.member(), "PATCH", f"/channels/{head}", {"locked": True})
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    assert await pointed(running, beside, head)


async def test_a_reply_moved_into_an_archived_thread_opens_it(running: RunningBot) -> None:
    head = await a_head(running)
    await running.call_as(running.member(), "PATCH", f"/channels/{head}", {"archived": True})
    await running.write("Ben", "Why?", to=head)
    await running.settle()
    assert len(await copies(running, head)) == 1


async def test_without_the_permissions_replies_get_links_and_admins_one_alert(
    running: RunningBot,
) -> None:
    head = await a_head(running)
    await allow(running, MANAGE_WEBHOOKS, deny=MANAGE_MESSAGES)
    for text in ("Why?", "Why not?"):
        beside = await running.write("Ben", text, to=head)
        await running.settle()
        assert await pointed(running, beside, head)
    (told,) = await running.bot_messages(running.channel("admins"))
    assert "*Manage Messages*" in told["content"]
    assert "*Manage Webhooks*" not in told["content"]
    await allow(running, MANAGE_WEBHOOKS | MANAGE_MESSAGES)
    await running.write("Ben", "Now?", to=head)
    await running.settle()
    assert [copy["content"] for copy in await copies(running, head)] == ["Now?"]


async def test_replies_in_a_channel_with_too_many_webhooks_get_links_and_admins_an_alert(
    running: RunningBot,
) -> None:
    head = await a_head(running)
    path = f"/channels/{running.channel()}/webhooks"
    for number in range(15):
        await running.call_as(running.member(), "POST", path, {"name": f"News {number}"})
    beside = await running.write("Ben", "Why?", to=head)
    await running.settle()
    assert await pointed(running, beside, head)
    (told,) = await running.bot_messages(running.channel("admins"))
    assert "as many webhooks as Discord allows" in told["content"]


async def test_a_deleted_webhook_is_created_again(running: RunningBot) -> None:
    head = await a_head(running)
    await running.write("Ben", "One.", to=head)
    await running.settle()
    running.emulator.world.webhooks.clear()
    await running.write("Ben", "Two.", to=head)
    await running.settle(60)
    assert [copy["content"] for copy in await copies(running, head)] == ["One.", "Two."]


async def test_replies_get_links_in_a_server_that_has_not_chosen_to_move_them(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        await let_move(running, bring="link")
        head = await a_head(running)
        beside = await running.write("Ben", "Why?", to=head)
        await running.settle()
        assert await pointed(running, beside, head)


@pytest.mark.sqlite
async def test_a_moved_reply_is_not_deleted_after_restoring_a_backup_from_before_the_move(
    tmp_path: Path,
) -> None:
    archive, backup = tmp_path / "salon.sqlite3", tmp_path / "backup.sqlite3"
    async with run_emulator() as emulator:
        async with run_bot(tmp_path, emulator) as running:
            await let_move(running, bring="link")
            head = await a_head(running)
            known = await running.write("Ben", "Known to the backup.", to=head)
            await running.settle()
        shutil.copy2(archive, backup)
        async with run_bot(tmp_path, emulator) as running:
            # As a server does that chooses to have replies moved between backup and restoring.
            await running.database.write(
                lambda tx: settings.set_channel_replies(tx, running.server_id, "move")
            )
            await running.database.write(
                lambda tx: tx.run("UPDATE reply_moves SET state = 'planned', copyable = 1")
            )
            running.salon.services.scheduler.wake()
            await running.settle(60)
            assert known not in {int(m["id"]) for m in await running.messages()}
            assert (await kept(running))[str(known)]["deleted"] is False
            now = running.clock.now()
        assert restore(backup, archive, now, skip_reason=make_coded("restored")).erased == 0
        async with run_bot(tmp_path, emulator) as running:
            await running.settle(600)
            reply = (await kept(running))[str(known)]
            assert (reply["text"], reply["deleted"]) == ("Known to the backup.", False)
            assert reply["thread_id"] == str(head)
            assert len(await copies(running, head)) == 1


async def test_a_members_first_moved_reply_explains_itself_for_a_day(running: RunningBot) -> None:
    head = await a_head(running)
    for who in ("Ben", "Ben", "Chloe"):
        await running.write(who, "Why?", to=head)
        await running.settle()
    bens, _, chloes = await copies(running, head)
    notices = await running.bot_messages(head)
    answered = [notice["message_reference"]["message_id"] for notice in notices]
    assert answered == [bens["id"], chloes["id"]]
    assert "*Apps › Edit my reply*" in notices[0]["content"]
    reply = await running.write("Ann", "I see.", to=notices[0]["id"], channel_id=head)
    await running.settle(24 * 3600 + 60)
    assert [m for m in await running.bot_messages(head) if "moved this" in m["content"]] == []
    assert (await kept(running))[str(reply)]["parent"] is not None
