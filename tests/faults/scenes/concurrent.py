"""Something is on its way when something else is decided about it."""

from __future__ import annotations

from tests.faults.scenes import acts
from tests.faults.scenes.acts import (
    DAY,
    LONG,
    allow,
    change,
    command,
    fault,
    long,
    manners,
    option,
    press_on,
    publish,
    set_up,
    submit,
    with_head,
)
from tests.faults.stage import Stage
from tests.support.running_bot import until

__all__ = ["SCENES"]

_MAY_MOVE = 1 << 29 | 1 << 13
_SEND = 1 << 11
_CREATE = "/channels/*/messages"
_COPY = "/webhooks/*/*"
_ALWAYS = 100_000


async def _moving(stage: Stage) -> int:
    """A published essay with a head, and a server that has replies moved; the head."""
    await allow(stage, "essays", allow=_MAY_MOVE)
    await set_up(stage, "channel_replies", "move", "bring", "move")
    return await with_head(stage)


async def a_copy_is_answered_before_it_is_known_to_be_one(stage: Stage) -> None:
    """Discord made it and said nothing of it; what answers it answers the reply."""
    await stage.bot.start()
    await stage.settle()
    head = await _moving(stage)
    await fault(stage, "POST", _COPY, status=503, after_effect=True, times=1)
    await stage.write("Ben", "Why?", to=head)

    async def copied() -> int | None:
        found = [m for m in await stage.messages(head) if m.get("webhook_id")]
        return int(found[0]["id"]) if found else None

    copy = await until(copied, "a copy")
    await stage.write("Dev", "Because.", channel_id=head, to=copy)
    await stage.settle(600)


async def a_reply_is_deleted_before_it_is_moved(stage: Stage) -> None:
    """Before its copy is made, and when only the original has still to go; reactions with it."""
    await stage.bot.start()
    await stage.settle()
    head = await _moving(stage)
    there = f"/channels/{stage.channel()}/messages"
    await fault(stage, "POST", _COPY, status=503, times=_ALWAYS)
    first = await stage.write("Ben", "Never mind.", to=head)
    await stage.act(stage.member("Dev"), "PUT", f"{there}/{first}/reactions/🍞/@me")
    await stage.settle(10)
    await stage.act(stage.member("Ben"), "DELETE", f"{there}/{first}")
    await stage.settle(1)
    stage.emulator.faults.clear()
    await stage.settle(600)
    await fault(stage, "PUT", "/channels/*/thread-members/*", status=503, times=_ALWAYS)
    second = await stage.write("Chloe", "Nor this.", to=head)
    await stage.settle(20)
    await stage.act(stage.member("Chloe"), "DELETE", f"{there}/{second}")
    await stage.settle(20)
    stage.emulator.faults.clear()
    await stage.settle(3600)


async def a_thread_is_opened_where_none_is(stage: Stage) -> None:
    """On a reply to a closed discussion; and one of which its first message tells."""
    await stage.bot.start()
    await stage.settle()
    await with_head(stage)
    await command(stage, "essay close", "closed", essay="1")
    *_, closing = await stage.ours()
    late = await stage.write("Ben", "Too late?", to=closing["id"])
    await stage.settle(60)
    there = f"/channels/{stage.channel()}/messages"
    await stage.act(stage.member("Ben"), "POST", f"{there}/{late}/threads", {"name": "Mine"})
    await stage.settle(60)
    _, part, *_ = await stage.ours()
    await stage.bot.stop()
    await stage.act(stage.member("Dev"), "POST", f"{there}/{part['id']}/threads", {"name": "Aside"})
    for listed in ("/guilds/*/threads/active", "/channels/*/threads/archived/public"):
        await fault(stage, "GET", listed, status=403, times=_ALWAYS)
    await stage.bot.start()
    await stage.settle(60)
    await stage.write("Dev", "In a thread of mine.", channel_id=int(part["id"]))
    await stage.settle(60)
    stage.emulator.faults.clear()
    await stage.settle(3600)


async def an_edit_is_corrected_before_it_is_applied(stage: Stage) -> None:
    """Its title; and a draft whose first line is its title, and its question, is corrected."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage, long("One"), title="Long")
    file = ("essay.md", long("Uno").encode())

    async def hand_in() -> None:
        await stage.run("essay edit", options=[option("essay", "1")], file=file)

    await stage.insist(hand_in, lambda: stage.rows("SELECT 1 FROM pending_revisions"), "a new text")
    given = [option("essay", "1")]

    async def correct() -> None:
        form = await stage.press(await stage.run("essay show", options=given), "Edit …")
        await submit(stage, form, {"Title": "Longer"})

    def corrected() -> bool:
        return '"Longer"' in stage.rows("SELECT essay FROM pending_revision_contents")[0]["essay"]

    await stage.insist(correct, corrected, "it corrected")
    await press_on(
        stage,
        "essay show",
        "Apply",
        lambda: stage.rows("SELECT 1 FROM revisions WHERE title = 'Longer'"),
        "it applied",
        essay="1",
    )
    await stage.settle(600)
    await _a_draft_gets_its_first_line_back(stage)


async def _a_draft_gets_its_first_line_back(stage: Stage) -> None:
    text = b"Is bread slow?\n"
    await stage.insist(
        lambda: stage.run("essay publish", file=("asked.txt", text)),
        lambda: acts.state_of(stage, "Is bread slow?"),
        "a draft",
    )
    number = str(stage.rows("SELECT max(id) AS id FROM discussions")[0]["id"])
    given = [option("essay", number)]

    async def correct(title: str) -> None:
        form = await stage.press(await stage.run("essay show", options=given), "Edit …")
        await submit(stage, form, {"Title": title})

    for title in ("Slow", "Is bread slow?", "Slow"):

        async def entitle(title: str = title) -> None:
            await correct(title)

        def entitled(title: str = title) -> str:
            return acts.state_of(stage, title)

        await stage.insist(entitle, entitled, title)
    add = [*given, option("when", "in 3 days"), option("what", "text: Never said.")]
    await stage.insist(
        lambda: stage.run("prompts add", options=add),
        lambda: stage.rows("SELECT 1 FROM prompts WHERE content = 'text: Never said.'"),
        "a prompt",
    )

    async def discard() -> None:
        await stage.press(await stage.run("essay show", options=given), "Discard")

    await stage.insist(discard, lambda: not acts.state_of(stage, "Slow"), "it discarded")


async def a_server_is_left_in_the_middle_of_publishing(stage: Stage) -> None:
    """What waits to be posted and opened waits for the bot to come back."""
    await stage.bot.start()
    await stage.settle()
    # So that nothing is said of one essay while another is posted, in whatever order.
    await command(stage, "prompts plan", "get no prompts", steps="none")
    head = await _moving(stage)
    admins = stage.channel("admins")
    await set_up(stage, "alerts_channel_id", admins, "notices", admins)
    await stage.write("Ben", "Moved.", to=head)
    await stage.settle(60)
    await fault(stage, "POST", "/channels/*/messages/*/threads", status=503, times=_ALWAYS)
    *_, closing = await stage.ours()
    await stage.write("Chloe", "Late.", to=closing["id"])
    await stage.settle(10)
    await fault(stage, "POST", _CREATE, status=503, times=_ALWAYS)
    await publish(stage, LONG, title="Long")
    await acts.leave(stage)
    stage.emulator.faults.clear()
    await stage.settle(DAY)
    await acts.come_back(stage)
    await stage.settle(DAY)


async def a_server_is_left_for_good(stage: Stage) -> None:
    """Everything that is kept of it is erased after 30 days."""
    await stage.bot.start()
    await stage.settle()
    head = await _moving(stage)
    admins = stage.channel("admins")
    await set_up(stage, "alerts_channel_id", admins, "notices", admins)
    await stage.write("Ben", "Moved.", to=head, file=("a.txt", b"a"))
    await stage.settle(60)
    *_, closing = await stage.ours()
    other = await stage.write("Chloe", "Late.", to=closing["id"])
    await stage.settle(DAY)
    await acts.edit(stage, acts.ESSAY.replace("a night", "two nights"), title="Slow bread")
    await stage.settle(600)
    await stage.act(stage.member(), "DELETE", f"/channels/{other}")
    await stage.settle(60)
    await acts.leave(stage)
    await stage.settle(31 * DAY)


async def a_prompt_on_its_way_is_not_wanted_any_more(stage: Stage) -> None:
    """It may have got through: a pause comes in between, and quiet hours that end."""
    await stage.bot.start()
    await stage.settle()
    await publish(stage)
    await stage.settle(DAY - 600)
    await fault(stage, "POST", _CREATE, status=503, times=_ALWAYS)
    await stage.settle(660)
    await command(stage, "prompts pause", "paused", essay="1")
    await stage.settle(600)
    stage.emulator.faults.clear()
    await stage.settle(600)
    await command(stage, "prompts resume", "come again", essay="1")
    await manners(stage, "quiet_until", 23 * 60, option("quiet", "00:00-23:00"))
    given = [option("essay", "1"), option("when", "in 3 hours"), option("what", "text: Quietly.")]
    await stage.insist(
        lambda: stage.run("prompts add", options=[*given, option("anyway", True, 5)]),
        lambda: stage.rows("SELECT 1 FROM prompts WHERE content = 'text: Quietly.'"),
        "a prompt",
    )
    await stage.settle(4 * 3600)
    await manners(stage, "quiet_until", None, option("quiet", "none"))
    await stage.settle(DAY)


async def a_digest_may_not_be_sent_for_hours(stage: Stage) -> None:
    """It comes after all, and the next one a week after it."""
    await stage.bot.start()
    await stage.settle()
    await command(stage, "prompts digest", "every week", when="Sunday 18:00")
    await publish(stage)
    head = await acts.head_of(stage)
    (digest,) = stage.rows("SELECT due_at FROM prompts WHERE kind = 'digest'")
    away = digest["due_at"] / 1000 - stage.emulator.world.now().timestamp()
    await stage.settle(away - 60)
    await stage.write("Ben", "Still here.", channel_id=head)
    await allow(stage, "essays", deny=_SEND)
    await stage.settle(3 * 3600)
    await allow(stage, "essays")
    await stage.settle(8 * DAY)


async def who_is_named_in_what_is_on_its_way_is_forgotten(stage: Stage) -> None:
    """A nudge and a call that may stand already, and what the admins are to be told."""
    await stage.bot.start()
    await stage.settle()
    await command(stage, "prompts plan", "last call", steps="after 49 hours: last call")
    await publish(stage)
    lost = await acts.head_of(stage, text="Nobody will read this.")
    await stage.act(stage.member(), "DELETE", f"/channels/{lost}")
    head = await acts.head_of(stage, text="I would wait a night.")
    await stage.settle(47 * 3600)
    await fault(stage, "POST", _CREATE, status=503, times=_ALWAYS)
    await stage.settle(3 * 3600)
    ann = stage.member("Ann")

    async def forget() -> None:
        asked = await stage.run("privacy forget-me", who=ann)
        await stage.press(asked, "Erase", who=ann)

    await stage.insist(forget, lambda: stage.rows("SELECT 1 FROM erased_members"), "it forgotten")
    stage.emulator.faults.clear()
    await stage.settle(DAY)
    await change(stage, head, archived=True)
    await stage.settle(DAY)


SCENES = (
    a_copy_is_answered_before_it_is_known_to_be_one,
    a_reply_is_deleted_before_it_is_moved,
    a_thread_is_opened_where_none_is,
    an_edit_is_corrected_before_it_is_applied,
    a_server_is_left_in_the_middle_of_publishing,
    a_server_is_left_for_good,
    a_prompt_on_its_way_is_not_wanted_any_more,
    a_digest_may_not_be_sent_for_hours,
    who_is_named_in_what_is_on_its_way_is_forgotten,
)
