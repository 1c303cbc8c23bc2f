"""Something is being done when something else is decided about it."""

from __future__ import annotations

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import (
    DAY,
    LONG,
    allow,
    change,
    change_prompt_setting,
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
from tests.faults.scenes.answers import answer
from tests.faults.scenes.editing import make_book
from tests.support.running_bot import wait_until

__all__ = ["SCENES"]

_MAY_MOVE = 1 << 29 | 1 << 13
_SEND = 1 << 11
_CREATE = "/channels/*/messages"
_MESSAGE = "/channels/*/messages/*"
_COPY = "/webhooks/*/*"
_ALWAYS = 100_000


async def _moving(play: ScenePlay) -> int:
    """A published essay with a head, and a server that has replies moved; the head."""
    await allow(play, "essays", allow=_MAY_MOVE)
    await set_up(play, "channel_replies", "move", "bring", "move")
    return await with_head(play)


async def a_copy_is_answered_before_it_is_known_to_be_one(play: ScenePlay) -> None:
    """Discord made it and said nothing of it; what answers it answers the reply."""
    await play.bot.start()
    await play.settle()
    head = await _moving(play)
    await fault(play, "POST", _COPY, status=503, after_effect=True, times=1)
    await play.write("Ben", "Why?", to=head)

    async def copied() -> int | None:
        found = [m for m in await play.messages(head) if m.get("webhook_id")]
        return int(found[0]["id"]) if found else None

    copy = await wait_until(copied, "a copy")
    await play.write("Dev", "Because.", channel_id=head, to=copy)
    await play.settle(600)


async def a_reply_is_deleted_before_it_is_moved(play: ScenePlay) -> None:
    """Before its copy is made, and when only the original has still to go; reactions with it."""
    await play.bot.start()
    await play.settle()
    head = await _moving(play)
    there = f"/channels/{play.channel()}/messages"
    await fault(play, "POST", _COPY, status=503, times=_ALWAYS)
    first = await play.write("Ben", "Never mind.", to=head)
    await play.call_as(play.member("Dev"), "PUT", f"{there}/{first}/reactions/🍞/@me")
    await play.settle(10)
    await play.call_as(play.member("Ben"), "DELETE", f"{there}/{first}")
    await play.settle(1)
    play.emulator.faults.clear()
    await play.settle(600)
    await fault(play, "PUT", "/channels/*/thread-members/*", status=503, times=_ALWAYS)
    second = await play.write("Chloe", "Nor this.", to=head)
    await play.settle(20)
    await play.call_as(play.member("Chloe"), "DELETE", f"{there}/{second}")
    await play.settle(20)
    play.emulator.faults.clear()
    await play.settle(3600)


async def a_thread_is_opened_where_none_is(play: ScenePlay) -> None:
    """On a reply to a closed discussion; and one of which its first message tells."""
    await play.bot.start()
    await play.settle()
    await with_head(play)
    await command(play, "essay close", "closed", essay="1")
    *_, closing = await play.bot_messages()
    late = await play.write("Ben", "Too late?", to=closing["id"])
    await play.settle(60)
    there = f"/channels/{play.channel()}/messages"
    await play.call_as(play.member("Ben"), "POST", f"{there}/{late}/threads", {"name": "Mine"})
    await play.settle(60)
    _, part, *_ = await play.bot_messages()
    await play.bot.stop()
    await play.call_as(
        play.member("Dev"), "POST", f"{there}/{part['id']}/threads", {"name": "Aside"}
    )
    # The gateway names only active threads.
    await change(play, int(part["id"]), archived=True)
    for listed in ("/guilds/*/threads/active", "/channels/*/threads/archived/public"):
        await fault(play, "GET", listed, status=403, times=_ALWAYS)
    await play.bot.start()
    await play.settle(60)
    await play.write("Dev", "In a thread of mine.", channel_id=int(part["id"]))
    await play.settle(60)
    play.emulator.faults.clear()
    await play.settle(3600)


async def an_edit_is_corrected_before_it_is_applied(play: ScenePlay) -> None:
    """Its title; and a draft whose first line is its title, and its question, is corrected."""
    await play.bot.start()
    await play.settle()
    await publish(play, long("One"), title="Long")
    file = ("essay.md", long("Uno").encode())

    async def submit_essay() -> None:
        await play.run_command("essay edit", options=[option("essay", "1")], file=file)

    await play.retry_until(
        submit_essay, lambda: play.rows("SELECT 1 FROM pending_revisions"), "a new text"
    )
    given = [option("essay", "1")]

    async def correct() -> None:
        form = await play.press(await play.run_command("essay show", options=given), "Edit details")
        await submit(play, form, {"Title": "Longer"})

    def corrected() -> bool:
        return '"Longer"' in play.rows("SELECT essay FROM pending_revision_contents")[0]["essay"]

    await play.retry_until(correct, corrected, "it corrected")
    await press_on(
        play,
        "essay show",
        "Apply",
        lambda: play.rows("SELECT 1 FROM revisions WHERE title = 'Longer'"),
        "it applied",
        essay="1",
    )
    await play.settle(600)
    await _a_draft_gets_its_first_line_back(play)


async def _a_draft_gets_its_first_line_back(play: ScenePlay) -> None:
    text = b"Is bread slow?\n"
    await play.retry_until(
        lambda: play.run_command("essay publish", file=("asked.txt", text)),
        lambda: actions.state_of(play, "Is bread slow?"),
        "a draft",
    )
    number = str(play.rows("SELECT max(id) AS id FROM discussions")[0]["id"])
    given = [option("essay", number)]

    async def correct(title: str) -> None:
        form = await play.press(await play.run_command("essay show", options=given), "Edit details")
        await submit(play, form, {"Title": title})

    for title in ("Slow", "Is bread slow?", "Slow"):

        async def entitle(title: str = title) -> None:
            await correct(title)

        def entitled(title: str = title) -> str:
            return actions.state_of(play, title)

        await play.retry_until(entitle, entitled, title)
    add = [*given, option("when", "in 3 days"), option("what", "text: Never said.")]
    await play.retry_until(
        lambda: play.run_command("prompts add", options=add),
        lambda: play.rows("SELECT 1 FROM prompts WHERE content = 'text: Never said.'"),
        "a prompt",
    )

    async def discard() -> None:
        shown_again = await play.run_command("essay show", options=given)
        await play.press(shown_again, "Discard")
        await play.press(shown_again, "Discard")

    await play.retry_until(discard, lambda: not actions.state_of(play, "Slow"), "it discarded")


async def a_server_is_left_in_the_middle_of_publishing(play: ScenePlay) -> None:
    """What waits to be posted and opened waits for the bot to come back."""
    await play.bot.start()
    await play.settle()
    # So that nothing is said of one essay while another is posted, in whatever order.
    await command(play, "prompts plan", "get no prompts", steps="none")
    head = await _moving(play)
    admins = play.channel("admins")
    await set_up(play, "alerts_channel_id", admins, "notices", admins)
    await play.write("Ben", "Moved.", to=head)
    await play.settle(60)
    await fault(play, "POST", "/channels/*/messages/*/threads", status=503, times=_ALWAYS)
    *_, closing = await play.bot_messages()
    await play.write("Chloe", "Late.", to=closing["id"])
    await play.settle(10)
    await fault(play, "POST", _CREATE, status=503, times=_ALWAYS)
    await publish(play, LONG, title="Long")
    await actions.leave(play)
    play.emulator.faults.clear()
    await play.settle(DAY)
    await actions.come_back(play)
    await play.settle(DAY)


async def a_server_is_left_for_good(play: ScenePlay) -> None:
    """All its data is erased after 30 days, a draft's pictures and an answer among it."""
    await play.bot.start()
    await play.settle()
    head = await _moving(play)
    admins = play.channel("admins")
    await set_up(play, "alerts_channel_id", admins, "notices", admins)
    await play.write("Ben", "Moved.", to=head, file=("a.txt", b"a"))
    await play.settle(60)
    *_, closing = await play.bot_messages()
    other = await play.write("Chloe", "Late.", to=closing["id"])
    await play.settle(DAY)
    await actions.edit(play, actions.ESSAY.replace("a night", "two nights"), title="Slow bread")
    await play.settle(600)
    await play.call_as(play.member(), "DELETE", f"/channels/{other}")
    await play.settle(60)
    book = ("colours.epub", make_book("red"))
    await play.retry_until(
        lambda: play.run_command("essay publish", file=book),
        lambda: actions.state_of(play, "Colours") == "draft",
        "a draft with a picture",
    )
    await actions.command(play, "privacy books", "a reader", appear="as a reader")
    await play.write("Dev", "I would wait a night for bread.")
    await play.settle(60)
    await answer(play, "Dev", "I would.")
    await actions.leave(play)
    await play.settle(31 * DAY)


async def a_prompt_being_sent_is_no_longer_allowed(play: ScenePlay) -> None:
    """It may have got through: a pause comes in between, and quiet hours that end."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    await play.settle(DAY - 600)
    await fault(play, "POST", _CREATE, status=503, times=_ALWAYS)
    await play.settle(660)
    await command(play, "prompts pause", "paused", essay="1")
    await play.settle(600)
    play.emulator.faults.clear()
    await play.settle(600)
    await command(play, "prompts resume", "are resumed", essay="1")
    await change_prompt_setting(play, "quiet_until", 23 * 60, option("quiet", "00:00-23:00"))
    given = [option("essay", "1"), option("when", "in 3 hours"), option("what", "text: Quietly.")]
    await play.retry_until(
        lambda: play.run_command("prompts add", options=[*given, option("force", True, 5)]),
        lambda: play.rows("SELECT 1 FROM prompts WHERE content = 'text: Quietly.'"),
        "a prompt",
    )
    await play.settle(4 * 3600)
    await change_prompt_setting(play, "quiet_until", None, option("quiet", "none"))
    await play.settle(DAY)


async def a_digest_lacks_permission_for_hours(play: ScenePlay) -> None:
    """It comes after all, and the next one a week after it."""
    await play.bot.start()
    await play.settle()
    await command(play, "prompts digest", "every week", when="Sunday 18:00")
    await publish(play)
    head = await actions.head_of(play)
    (digest,) = play.rows("SELECT due_at FROM prompts WHERE kind = 'digest'")
    away = digest["due_at"] / 1000 - play.emulator.world.now().timestamp()
    await play.settle(away - 60)
    await play.write("Ben", "Still here.", channel_id=head)
    await allow(play, "essays", deny=_SEND)
    await play.settle(3 * 3600)
    await allow(play, "essays")
    await play.settle(8 * DAY)


async def a_member_named_in_pending_messages_is_erased(play: ScenePlay) -> None:
    """A nudge and a call that may stand already, and what the admins are to be told."""
    await play.bot.start()
    await play.settle()
    await command(play, "prompts plan", "last call", steps="after 49 hours: last call")
    await publish(play)
    lost = await actions.head_of(play, text="Nobody will read this.")
    await play.call_as(play.member(), "DELETE", f"/channels/{lost}")
    head = await actions.head_of(play, text="I would wait a night.")
    await play.settle(47 * 3600)
    await fault(play, "POST", _CREATE, status=503, times=_ALWAYS)
    await play.settle(3 * 3600)
    ann = play.member("Ann")

    async def forget() -> None:
        asked = await play.run_command("privacy forget-me", who=ann)
        await play.press(asked, "Delete", who=ann)

    await play.retry_until(
        forget, lambda: play.rows("SELECT 1 FROM erased_members"), "it forgotten"
    )
    play.emulator.faults.clear()
    await play.settle(DAY)
    await change(play, head, archived=True)
    await play.settle(DAY)


async def a_nudge_is_deleted_before_it_is_edited(play: ScenePlay) -> None:
    """The reply it quotes is edited, which can't be carried out, and then deleted."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    head = await actions.head_of(play, text="I would wait a night.")
    await play.settle(2 * DAY + 3600)
    await fault(play, "PATCH", _MESSAGE, status=503, times=_ALWAYS)
    reply = f"/channels/{play.channel()}/messages/{head}"
    await play.call_as(play.member("Ann"), "PATCH", reply, {"content": "I wouldn't wait."})
    await play.settle(60)
    await play.call_as(play.member("Ann"), "DELETE", reply)
    await play.settle(60)
    play.emulator.faults.clear()
    await play.settle(3600)


SCENES = (
    a_copy_is_answered_before_it_is_known_to_be_one,
    a_reply_is_deleted_before_it_is_moved,
    a_thread_is_opened_where_none_is,
    an_edit_is_corrected_before_it_is_applied,
    a_server_is_left_in_the_middle_of_publishing,
    a_server_is_left_for_good,
    a_prompt_being_sent_is_no_longer_allowed,
    a_digest_lacks_permission_for_hours,
    a_member_named_in_pending_messages_is_erased,
    a_nudge_is_deleted_before_it_is_edited,
)
