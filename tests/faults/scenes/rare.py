"""What happens now and then: talk out of order, reactions taken back, what AutoMod minds."""

from __future__ import annotations

from typing import Any

from tests.faults.scenes import acts
from tests.faults.scenes.acts import (
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
from tests.faults.stage import Stage

__all__ = ["SCENES"]

_MAY_MOVE = 1 << 29 | 1 << 13
_THREADS = "/channels/*/messages/*/threads"
_AUTOMOD = {"status": 400, "code": 200000, "message": "Blocked"}


async def talk_comes_out_of_order(stage: Stage) -> None:
    """An answer before what it answers, talk in members' threads, reactions that come and go."""
    await stage.bot.start()
    await stage.settle()
    await allow(stage, "essays", allow=_MAY_MOVE)
    await set_up(stage, "channel_replies", "move", "bring", "move")
    head = await with_head(stage)
    await stage.control("faults", {"kind": "reorder", "event": "MESSAGE_CREATE"})
    first = await stage.write("Ben", "First.", channel_id=head)
    await stage.write("Dev", "Second.", to=first, channel_id=head)
    await stage.settle(60)
    await _reactions(stage, head, first)
    _, part, *_ = await stage.ours()
    there = f"/channels/{stage.channel()}/messages/{part['id']}"
    await stage.act(stage.member("Dev"), "POST", f"{there}/threads", {"name": "Aside"})
    await stage.write("Dev", "In a thread of mine.", channel_id=int(part["id"]))
    await stage.settle(60)
    # Somebody reacts to what is about to be moved.
    await fault(stage, "DELETE", "/channels/*/messages/*", status=503, times=4)
    beside = await stage.write("Chloe", "Beside.", to=head)
    path = f"/channels/{stage.channel()}/messages/{beside}/reactions"
    await stage.act(stage.member("Ben"), "PUT", f"{path}/🍞/@me")
    await stage.settle(600)


async def _reactions(stage: Stage, channel_id: int, message_id: int) -> None:
    path = f"/channels/{channel_id}/messages/{message_id}/reactions"
    for emoji in ("🍞", "🥖", "🧈"):
        await stage.act(stage.member("Ann"), "PUT", f"{path}/{emoji}/@me")
    await stage.settle(60)
    await stage.act(stage.member("Ann"), "DELETE", f"{path}/🍞/@me")
    await stage.settle(60)
    await stage.act(stage.member(), "DELETE", f"{path}/🥖")
    await stage.settle(60)
    await stage.act(stage.member(), "DELETE", path)
    await stage.settle(60)


async def replies_that_cannot_be_moved(stage: Stage) -> None:
    """The right is missing, the webhook is gone, the reply is deleted, the original stays."""
    await stage.bot.start()
    await stage.settle()
    await allow(stage, "essays", allow=_MAY_MOVE)
    await set_up(stage, "channel_replies", "move", "bring", "move")
    head = await with_head(stage)
    gone = {"status": 404, "code": 10015, "message": "Unknown Webhook"}
    await fault(stage, "POST", "/webhooks/*/*", **gone)
    await stage.write("Ben", "Its webhook is gone.", to=head)
    await stage.settle(600)
    await fault(stage, "DELETE", "/channels/*/messages/*", status=403, times=1)
    await stage.write("Chloe", "It may not be taken away.", to=head)
    await stage.settle(DAY / 4)
    await fault(stage, "GET", "/channels/*/messages/*", status=503, times=3)
    deleted = await stage.write("Dev", "Never mind.", to=head)
    await stage.settle(1)
    path = f"/channels/{stage.channel()}/messages/{deleted}"
    await stage.act(stage.member("Dev"), "DELETE", path)
    await stage.settle(600)
    await allow(stage, "essays", deny=1 << 29)
    await stage.write("Ben", "Pointed at.", to=head)
    await stage.settle(60)
    await fault(stage, "DELETE", "/channels/*/messages/*", status=503, times=1)
    await stage.settle(DAY / 2)


async def files_that_cannot_be_kept(stage: Stage) -> None:
    """One is larger than is kept, one is gone from its message."""
    await stage.bot.start()
    await stage.settle()
    head = await with_head(stage)
    await stage.write("Ann", "Large.", channel_id=head, file=("l.bin", b"l" * 6_000_000))
    await stage.settle(60)
    get = stage.emulator.world.files.get
    stage.emulator.world.files.get = lambda file_id: None  # type: ignore[method-assign]
    await stage.write("Ben", "Lost.", channel_id=head, file=("a.png", b"picture"))
    await stage.settle(DAY * 3)
    stage.emulator.world.files.get = get  # type: ignore[method-assign]


async def automod_minds_titles_and_prompts(stage: Stage) -> None:
    """A thread is tried with a plain name and given up; a refused prompt is told as failed."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage)
    *_, closing = await stage.ours()
    refused = {"status": 400, "code": 200001, "message": "Blocked"}
    # Whatever the title is, so that another attempt is refused, too.
    await fault(stage, "POST", _THREADS, **refused, times=1000)
    await stage.write("Ann", "Words that are minded.", to=closing["id"])
    await stage.settle(60)
    stage.emulator.faults.clear()
    await fault(stage, "POST", "/channels/*/messages", **_AUTOMOD, times=1000)
    await stage.settle(DAY + 3600)
    stage.emulator.faults.clear()


async def an_essays_own_thread_is_deleted_on_its_way(stage: Stage) -> None:
    """The publishing stops, and begins anew where an admin says so."""
    await stage.bot.start()
    await stage.settle()
    await fault(stage, "POST", _THREADS, status=None, after_effect=True)
    await fault(stage, "POST", _THREADS, status=503, times=10_000)
    await publish(stage, LONG, style="thread", title="Long")
    (thread,) = await acts.threads(stage)
    await stage.act(stage.member(), "DELETE", f"/channels/{thread['id']}")
    stage.emulator.faults.clear()
    await stage.settle(900)
    await press_on(
        stage,
        "essay show",
        "Go on",
        lambda: acts.state_of(stage, "Long") == "open",
        "it begun anew",
        essay="1",
    )
    await stage.settle(600)


async def prompts_follow_a_new_text(stage: Stage) -> None:
    """Those that speak of what is moved or gone; one that is given another time; a draft's go."""
    await stage.bot.start()
    await stage.settle()
    essay = "# Asked\n\nOne.\n\nTwo.\n\nThree.\n\nFirst?\n\nSecond?\n"
    await publish(stage, essay, title="Asked")
    for what in ("passage 2: Is that so?", "question 2", "passage 3: And that?"):
        await _add(stage, what)
    number = stage.rows("SELECT max(id) AS id FROM prompts")[0]["id"]
    before = stage.rows("SELECT planned_for FROM prompts WHERE id = :id", id=number)
    given = [option("prompt", str(number)), option("when", "in 4 days")]
    await stage.insist(
        lambda: stage.run("prompts edit", options=given),
        lambda: stage.rows("SELECT planned_for FROM prompts WHERE id = :id", id=number) != before,
        "another time",
    )
    new = "# Asked\n\nBefore.\n\nOne.\n\nTwo.\n\nFirst?\n"
    await acts.edit(stage, new, title="Asked")
    await stage.settle(5 * DAY)


async def _add(stage: Stage, what: str) -> None:
    given = [option("essay", "1"), option("when", "in 3 days"), option("what", what)]

    async def add() -> None:
        await stage.run("prompts add", options=given)

    sql = "SELECT 1 FROM prompts WHERE content = :content"
    await stage.insist(add, lambda: stage.rows(sql, content=what), what)


async def an_edit_is_stopped_and_another_takes_its_place(stage: Stage) -> None:
    """What was still to be laid is dropped, what comes anew is laid."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage, long("One", "Two"), title="Long")
    await fault(stage, "POST", "/channels/*/messages", **_AUTOMOD)
    await acts.edit(stage, long("One", "Two", "Three", "Four"), title="Long", revision=2)
    await stage.settle(600)
    await press_on(
        stage,
        "essay show",
        "Go on",
        lambda: not stage.rows("SELECT 1 FROM planned_messages WHERE state = 'failed'"),
        "it gone on with",
        essay="1",
    )
    await stage.settle(600)
    # Whichever of the two comes first, and however often.
    await fault(stage, "PATCH", "/channels/*/messages/*", **_AUTOMOD, times=1000)
    await fault(stage, "POST", "/channels/*/messages", **_AUTOMOD, times=1000)
    await acts.edit(
        stage, long("Uno", "Two", "Three", "Four", "Five", "Six"), title="Long", revision=3
    )
    await stage.settle(600)
    stage.emulator.faults.clear()
    await acts.edit(stage, long("One", "Dos"), title="Long", revision=4)
    await stage.settle(600)


async def a_draft_for_a_forum_gets_tags(stage: Stage) -> None:
    """Picked below the preview; its question is corrected; a scheduled one is discarded."""
    await stage.bot.start()
    await stage.settle()
    forum = stage.channel("essay-forum")
    await change(stage, forum, available_tags=[{"name": "News", "moderated": False}])
    await stage.settle()
    options = [option("channel", str(forum), 7)]
    essay = ("l.md", (LONG + "\n\nIs it?\n").encode())

    async def hand_in() -> None:
        await stage.run("essay publish", file=essay, options=options)

    await stage.insist(hand_in, lambda: acts.state_of(stage, "Long") == "draft", "a draft")
    number = str(stage.rows("SELECT max(id) AS id FROM discussions")[0]["id"])

    async def shown() -> dict[str, Any]:
        found = await stage.run("essay show", options=[option("essay", number)])
        await stage.settle()
        return found

    async def pick() -> None:
        answer = await stage.seen(await shown())
        (select,) = [
            one
            for row in answer["components"]
            for one in row.get("components", ())
            if one["type"] == 3
        ]
        values = [one["value"] for one in select["options"]]
        data = {"component_type": 3, "custom_id": select["custom_id"], "values": values}
        await stage.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])

    await stage.insist(
        pick, lambda: stage.rows("SELECT 1 FROM discussions WHERE tags <> ''"), "a tag"
    )
    asked = "Closing question (empty: the essay's own)"

    async def correct() -> None:
        await submit(stage, await stage.press(await shown(), "Edit …"), {asked: "Or not?"})

    await stage.insist(
        correct,
        lambda: (
            stage.rows("SELECT 1 FROM questions WHERE text = 'Or not?'")
            or stage.rows("SELECT 1 FROM revisions WHERE closing_question = 'Or not?'")
        ),
        "its question",
    )
    await command(stage, "essay schedule", "will be published", essay=number, when="in 6 hours")

    async def discard() -> None:
        await stage.press(await shown(), "Discard")

    await stage.insist(discard, lambda: acts.state_of(stage, "Long") == "", "it discarded")


async def who_was_named_is_forgotten(stage: Stage) -> None:
    """A nudge that quotes them is taken away, a call that names them is reworded."""
    await stage.bot.start()
    await stage.settle()
    await command(stage, "prompts plan", "last call", steps="after 3 days: last call")
    await publish(stage)
    head = await acts.head_of(stage, text="I would wait a night.")
    await stage.settle(1)
    path = f"/channels/{stage.channel()}/messages/{head}/reactions"
    await stage.act(stage.member("Ben"), "PUT", f"{path}/🍞/@me")
    await stage.settle(3 * DAY + 7200)
    ann = stage.member("Ann")

    async def forget() -> None:
        asked = await stage.run("privacy forget-me", who=ann)
        await stage.press(asked, "Erase", who=ann)

    await stage.insist(forget, lambda: stage.rows("SELECT 1 FROM erased_members"), "it forgotten")
    await stage.settle(600)


SCENES = (
    talk_comes_out_of_order,
    replies_that_cannot_be_moved,
    files_that_cannot_be_kept,
    automod_minds_titles_and_prompts,
    an_essays_own_thread_is_deleted_on_its_way,
    prompts_follow_a_new_text,
    an_edit_is_stopped_and_another_takes_its_place,
    a_draft_for_a_forum_gets_tags,
    who_was_named_is_forgotten,
)
