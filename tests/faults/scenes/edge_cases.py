"""Rare cases: messages out of order, removed reactions, AutoMod, and the like."""

from __future__ import annotations

from typing import Any

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import (
    DAY,
    LONG,
    allow,
    change,
    command,
    fault,
    long,
    option,
    press_on,
    publish,
    set_up,
    submit,
    with_head,
)
from tests.support.running_bot import missing_files

__all__ = ["SCENES"]

_MAY_MOVE = 1 << 29 | 1 << 13
_THREADS = "/channels/*/messages/*/threads"
_AUTOMOD = {"status": 400, "code": 200000, "message": "Blocked"}


async def talk_comes_out_of_order(play: ScenePlay) -> None:
    """An answer before what it answers, talk in members' threads, reactions that come and go."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await set_up(play, "channel_replies", "move", "bring", "move")
    head = await with_head(play)
    await play.control("faults", {"kind": "reorder", "event": "MESSAGE_CREATE"})
    first = await play.write("Ben", "First.", channel_id=head)
    await play.write("Dev", "Second.", to=first, channel_id=head)
    await play.settle(60)
    await _reactions(play, head, first)
    _, part, *_ = await play.bot_messages()
    there = f"/channels/{play.channel()}/messages/{part['id']}"
    await play.call_as(play.member("Dev"), "POST", f"{there}/threads", {"name": "Aside"})
    await play.write("Dev", "In a thread of mine.", channel_id=int(part["id"]))
    await play.settle(60)
    # Somebody reacts to what is about to be moved.
    await fault(play, "DELETE", "/channels/*/messages/*", status=503, times=4)
    beside = await play.write("Chloe", "Beside.", to=head)
    path = f"/channels/{play.channel()}/messages/{beside}/reactions"
    await play.call_as(play.member("Ben"), "PUT", f"{path}/🍞/@me")
    await play.settle(600)


async def _reactions(play: ScenePlay, channel_id: int, message_id: int) -> None:
    path = f"/channels/{channel_id}/messages/{message_id}/reactions"
    for emoji in ("🍞", "🥖", "🧈"):
        await play.call_as(play.member("Ann"), "PUT", f"{path}/{emoji}/@me")
    await play.settle(60)
    await play.call_as(play.member("Ann"), "DELETE", f"{path}/🍞/@me")
    await play.settle(60)
    await play.call_as(play.member(), "DELETE", f"{path}/🥖")
    await play.settle(60)
    await play.call_as(play.member(), "DELETE", path)
    await play.settle(60)


async def replies_that_cannot_be_moved(play: ScenePlay) -> None:
    """The permission is missing, the webhook or the reply is deleted, the original stays."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await set_up(play, "channel_replies", "move", "bring", "move")
    head = await with_head(play)
    unknown_webhook = {"status": 404, "code": 10015, "message": "Unknown Webhook"}
    await fault(play, "POST", "/webhooks/*/*", **unknown_webhook)
    await play.write("Ben", "Its webhook is gone.", to=head)
    await play.settle(600)
    await fault(play, "DELETE", "/channels/*/messages/*", status=403, times=1)
    await play.write("Chloe", "It may not be taken away.", to=head)
    await play.settle(DAY / 4)
    await fault(play, "GET", "/channels/*/messages/*", status=503, times=3)
    deleted = await play.write("Dev", "Never mind.", to=head)
    await play.settle(1)
    path = f"/channels/{play.channel()}/messages/{deleted}"
    await play.call_as(play.member("Dev"), "DELETE", path)
    await play.settle(600)
    await allow(play, "essays", deny=1 << 29)
    await play.write("Ben", "Pointed at.", to=head)
    await play.settle(60)
    await fault(play, "DELETE", "/channels/*/messages/*", status=503, times=1)
    await play.settle(DAY / 2)


async def files_that_cannot_be_stored(play: ScenePlay) -> None:
    """One is larger than is kept, one is gone from its message."""
    await play.bot.start()
    await play.settle()
    head = await with_head(play)
    await play.write("Ann", "Large.", channel_id=head, file=("l.bin", b"l" * 6_000_000))
    await play.settle(60)
    with missing_files(play.emulator):
        await play.write("Ben", "Lost.", channel_id=head, file=("a.png", b"picture"))
        await play.settle(DAY * 3)


async def automod_blocks_titles_and_prompts(play: ScenePlay) -> None:
    """A thread is tried with a plain name and given up; a refused prompt is told as failed."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    *_, closing = await play.bot_messages()
    refused = {"status": 400, "code": 200001, "message": "Blocked"}
    # Whatever the title is, so that another attempt is refused, too.
    await fault(play, "POST", _THREADS, **refused, times=1000)
    await play.write("Ann", "Words that are minded.", to=closing["id"])
    await play.settle(60)
    play.emulator.faults.clear()
    await fault(play, "POST", "/channels/*/messages", **_AUTOMOD, times=1000)
    await play.settle(DAY + 3600)
    play.emulator.faults.clear()


async def an_essays_thread_is_deleted_while_publishing(play: ScenePlay) -> None:
    """Publishing stops, and starts again when an admin says so."""
    await play.bot.start()
    await play.settle()
    await fault(play, "POST", _THREADS, status=None, after_effect=True)
    await fault(play, "POST", _THREADS, status=503, times=10_000)
    await publish(play, LONG, style="thread", title="Long")
    (thread,) = await actions.threads(play)
    await play.call_as(play.member(), "DELETE", f"/channels/{thread['id']}")
    play.emulator.faults.clear()
    await play.settle(900)
    await press_on(
        play,
        "essay show",
        "Retry",
        lambda: actions.state_of(play, "Long") == "open",
        "it begun anew",
        essay="1",
    )
    await play.settle(600)


async def prompts_follow_a_new_text(play: ScenePlay) -> None:
    """Those that speak of what is moved or gone; one that is given another time; a draft's go."""
    await play.bot.start()
    await play.settle()
    essay = "# Asked\n\nOne.\n\nTwo.\n\nThree.\n\nFirst?\n\nSecond?\n"
    await publish(play, essay, title="Asked")
    for what in ("passage 2: Is that so?", "question 2", "passage 3: And that?"):
        await _add(play, what)
    number = play.rows("SELECT max(id) AS id FROM prompts")[0]["id"]
    before = play.rows("SELECT planned_for FROM prompts WHERE id = :id", id=number)
    given = [option("prompt", str(number)), option("when", "in 4 days")]
    await play.retry_until(
        lambda: play.run_command("prompts edit", options=given),
        lambda: play.rows("SELECT planned_for FROM prompts WHERE id = :id", id=number) != before,
        "another time",
    )
    new = "# Asked\n\nBefore.\n\nOne.\n\nTwo.\n\nFirst?\n"
    await actions.edit(play, new, title="Asked")
    await play.settle(5 * DAY)


async def _add(play: ScenePlay, what: str) -> None:
    given = [option("essay", "1"), option("when", "in 3 days"), option("what", what)]

    async def add() -> None:
        await play.run_command("prompts add", options=given)

    sql = "SELECT 1 FROM prompts WHERE content = :content"
    await play.retry_until(add, lambda: play.rows(sql, content=what), what)


async def an_edit_is_stopped_and_replaced(play: ScenePlay) -> None:
    """What was still to be laid is dropped, what comes anew is laid."""
    await play.bot.start()
    await play.settle()
    await publish(play, long("One", "Two"), title="Long")
    await fault(play, "POST", "/channels/*/messages", **_AUTOMOD)
    await actions.edit(play, long("One", "Two", "Three", "Four"), title="Long", revision=2)
    await play.settle(600)
    await press_on(
        play,
        "essay show",
        "Retry",
        lambda: not play.rows("SELECT 1 FROM planned_messages WHERE state = 'failed'"),
        "it gone on with",
        essay="1",
    )
    await play.settle(600)
    # Whichever of the two comes first, and however often.
    await fault(play, "PATCH", "/channels/*/messages/*", **_AUTOMOD, times=1000)
    await fault(play, "POST", "/channels/*/messages", **_AUTOMOD, times=1000)
    await actions.edit(
        play, long("Uno", "Two", "Three", "Four", "Five", "Six"), title="Long", revision=3
    )
    await play.settle(600)
    play.emulator.faults.clear()
    await actions.edit(play, long("One", "Dos"), title="Long", revision=4)
    await play.settle(600)


async def a_draft_for_a_forum_gets_tags(play: ScenePlay) -> None:
    """Picked below the preview; its question is corrected; a scheduled one is discarded."""
    await play.bot.start()
    await play.settle()
    forum = play.channel("essay-forum")
    await change(play, forum, available_tags=[{"name": "News", "moderated": False}])
    await play.settle()
    options = [option("channel", str(forum), 7)]
    essay = ("l.md", (LONG + "\n\nIs it?\n").encode())

    async def submit_essay() -> None:
        await play.run_command("essay publish", file=essay, options=options)

    await play.retry_until(
        submit_essay, lambda: actions.state_of(play, "Long") == "draft", "a draft"
    )
    number = str(play.rows("SELECT max(id) AS id FROM discussions")[0]["id"])

    async def shown() -> dict[str, Any]:
        found = await play.run_command("essay show", options=[option("essay", number)])
        await play.settle()
        return found

    async def pick() -> None:
        answer = await play.answer_message(await shown())
        (select,) = [
            one
            for row in answer["components"]
            for one in row.get("components", ())
            if one["type"] == 3
        ]
        values = [one["value"] for one in select["options"]]
        data = {"component_type": 3, "custom_id": select["custom_id"], "values": values}
        await play.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])

    await play.retry_until(
        pick, lambda: play.rows("SELECT 1 FROM discussions WHERE tags <> ''"), "a tag"
    )
    asked = "Closing question"

    async def correct() -> None:
        await submit(play, await play.press(await shown(), "Edit details"), {asked: "Or not?"})

    await play.retry_until(
        correct,
        lambda: (
            play.rows("SELECT 1 FROM questions WHERE text = 'Or not?'")
            or play.rows("SELECT 1 FROM revisions WHERE closing_question = 'Or not?'")
        ),
        "its question",
    )
    await command(play, "essay schedule", "will be published", essay=number, when="in 6 hours")

    async def discard() -> None:
        draft = await shown()
        await play.press(draft, "Discard")
        await play.press(draft, "Discard")

    await play.retry_until(discard, lambda: actions.state_of(play, "Long") == "", "it discarded")


async def a_named_member_is_erased(play: ScenePlay) -> None:
    """A nudge that quotes them is deleted, a last call that names them is reworded."""
    await play.bot.start()
    await play.settle()
    await command(play, "prompts plan", "last call", steps="after 3 days: last call")
    await publish(play)
    head = await actions.head_of(play, text="I would wait a night.")
    await play.settle(1)
    path = f"/channels/{play.channel()}/messages/{head}/reactions"
    await play.call_as(play.member("Ben"), "PUT", f"{path}/🍞/@me")
    await play.settle(3 * DAY + 7200)
    ann = play.member("Ann")

    async def forget() -> None:
        asked = await play.run_command("privacy forget-me", who=ann)
        await play.press(asked, "Delete", who=ann)

    await play.retry_until(
        forget, lambda: play.rows("SELECT 1 FROM erased_members"), "it forgotten"
    )
    await play.settle(600)


SCENES = (
    talk_comes_out_of_order,
    replies_that_cannot_be_moved,
    files_that_cannot_be_stored,
    automod_blocks_titles_and_prompts,
    an_essays_thread_is_deleted_while_publishing,
    prompts_follow_a_new_text,
    an_edit_is_stopped_and_replaced,
    a_draft_for_a_forum_gets_tags,
    a_named_member_is_erased,
)
