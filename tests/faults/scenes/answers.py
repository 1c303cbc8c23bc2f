"""Joining in: answers from a form, plain messages in the channel, and hints on how to answer."""

from __future__ import annotations

from typing import Any

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes.actions import (
    DAY,
    allow,
    change,
    choose,
    command,
    fault,
    forget,
    option,
    publish,
    set_up,
    submit,
    threads,
)
from tests.support.running_bot import find_buttons

__all__ = ["SCENES", "answer", "submit_answer"]

_MAY_MOVE = 1 << 29 | 1 << 13
#: Thread is archived (docs: JSON Error Codes).
_ARCHIVED = 50083
_SEND_MESSAGES = 1 << 11


async def members_answer_with_a_form(play: ScenePlay) -> None:
    """By webhook, in a thread of the passage, and edited; and calls that fail."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await set_up(play, "answer_forms", 0, "answers")
    await set_up(play, "answer_forms", 1, "answers")
    await publish(play)
    await answer(play, "Ann", "I would.", passage="3")
    await _edit(play, "Ann", "I would.", "I really would.")
    (thread,) = await threads(play)
    await change(play, int(thread["id"]), archived=True)
    execute = _find_webhook_path(play)
    await fault(play, "POST", execute, status=400, code=_ARCHIVED)
    await _discuss(play, "Ben", "Nobody would.")
    # Until the thread is deleted, also if the bot is killed before that.
    await fault(play, "POST", execute, status=503, times=1000)
    await _discuss(play, "Dev", "Somebody would.", deletes_thread=int(thread["id"]))
    await fault(play, "POST", execute, status=None, after_effect=True)
    await answer(play, "Chloe", "It depends.")
    await fault(play, "POST", execute, status=503)
    await answer(play, "Dev", "Not I.")
    # Discord would refuse it again, if the refusal couldn't be recorded.
    await fault(play, "POST", execute, status=400, times=1000)
    await answer(play, "Ben", "Refused.")
    play.emulator.faults.clear()


async def the_bot_posts_an_answer_itself(play: ScenePlay) -> None:
    """Without the permission for webhooks."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", deny=_MAY_MOVE)
    await publish(play)
    await answer(play, "Ann", "I would.")
    await _edit(play, "Ann", "I would.", "I really would.")


async def plain_messages_get_a_hint_or_join(play: ScenePlay) -> None:
    """A hint, which is deleted; then a short message gets a thread when it is answered."""
    await play.bot.start()
    await play.settle()
    await publish(play)
    await play.write("Ann", "I would wait a night for bread.")
    await play.settle(60)
    await play.settle(20 * 60)
    await set_up(play, "plain_messages", "join", "loose", "join")
    await play.settle(60)
    short = await play.write("Ann", "Not me.")
    await play.settle(60)
    await play.write("Ben", "Why not?", to=short)
    await play.settle(60)
    await play.settle(20 * 60)


async def members_who_answered_are_erased(play: ScenePlay) -> None:
    """One had a hint, answered and replied to a part, another doesn't say where an answer belongs.

    The admin, who cancelled a prompt, is erased as well; and an answer that can't be posted for a
    day.
    """
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await command(play, "prompts plan", "get no prompts", steps="none")
    await publish(play)
    _, part, *_ = await play.bot_messages()
    await play.write("Ann", "I would wait a night for bread.")
    await play.settle(60)
    await answer(play, "Ann", "I would.", passage="3")
    await play.write("Ann", "Not for this.", to=part["id"])
    await play.settle(60)
    await _hesitate(play, "Ben", "Nobody would.")
    await _add_and_cancel_prompt(play)
    await forget(play, play.member("Ann"))
    await forget(play, play.member())
    await allow(play, "essays", deny=_MAY_MOVE | _SEND_MESSAGES)
    await submit_answer(play, "Chloe", "It depends.")
    await play.settle(DAY + 3600)


async def answer(play: ScenePlay, who: str, text: str, passage: str = "0") -> None:
    """Answer with the form, until the answer is stored and was posted or given up."""
    await submit_answer(play, who, text, passage)
    await play.retry_until(
        lambda: play.settle(60),
        lambda: not play.rows("SELECT 1 FROM answers WHERE state NOT IN ('done', 'failed')"),
        f"posted {text}",
    )


async def submit_answer(play: ScenePlay, who: str, text: str, passage: str = "0") -> None:
    """Answer with the form, until the answer is stored."""
    member = play.member(who)

    async def attempt() -> None:
        closing = next(
            message
            for message in await play.bot_messages()
            if any(one.get("label") == "Answer" for one in find_buttons(message["components"]))
        )
        button, *_others = find_buttons(closing["components"])
        data = {"component_type": 2, "custom_id": button["custom_id"]}
        form = await play.interact(
            3, data, who=member, message_id=closing["id"], message_flags=closing["flags"]
        )
        await submit(play, form, {"Your answer": text, "About": passage}, who=member)

    before = len(play.rows("SELECT 1 FROM answers"))
    await play.retry_until(
        attempt, lambda: len(play.rows("SELECT 1 FROM answers")) > before, f"answered {text}"
    )
    await play.settle(60)


def _find_webhook_path(play: ScenePlay) -> str:
    """The path on which the bot posts with its webhook; answers to interactions have others."""
    (webhook,) = play.emulator.world.webhooks.values()
    return f"/webhooks/{webhook.id}/*"


async def _discuss(
    play: ScenePlay, who: str, text: str, *, deletes_thread: int | None = None
) -> None:
    """Discuss the same passage, in the thread that it has; this may be deleted at once."""
    member, essays = play.member(who), play.channel()
    _, part, *_ = await play.bot_messages()

    async def attempt() -> None:
        form = await choose(play, "Discuss this passage", int(part["id"]), essays, member)
        asked = await submit(play, form, {"Your answer": text, "About": "3"}, who=member)
        shown = await play.answer_message(asked)
        buttons = find_buttons(shown["components"])
        if buttons:  # there are none if the thread was deleted in an attempt that failed
            data = {"component_type": 2, "custom_id": buttons[0]["custom_id"]}
            await play.interact(
                3, data, who=member, message_id=shown["id"], message_flags=shown["flags"]
            )
        await play.settle()
        if deletes_thread in play.emulator.world.channels:
            await play.call_as(play.member(), "DELETE", f"/channels/{deletes_thread}")
            play.emulator.faults.clear()

    def done() -> bool:
        return bool(play.rows("SELECT 1 FROM replies WHERE text = :text", text=text))

    async def attempt_and_settle() -> None:
        await attempt()
        await play.settle(60)

    await play.retry_until(attempt_and_settle, done, f"discussed: {text}")


async def _hesitate(play: ScenePlay, who: str, text: str) -> None:
    """Discuss the same passage, and don't say whether in its thread."""
    member, essays = play.member(who), play.channel()
    _, part, *_ = await play.bot_messages()

    submitted: list[Any] = []

    async def attempt() -> None:
        form = await choose(play, "Discuss this passage", int(part["id"]), essays, member)
        submitted.append(await submit(play, form, {"Your answer": text, "About": "3"}, who=member))

    # Twice: the second one replaces the first.
    await play.retry_until(
        attempt,
        lambda: len(submitted) > 1 and play.rows("SELECT 1 FROM answers WHERE state = 'choosing'"),
        f"not decided: {text}",
    )


async def _add_and_cancel_prompt(play: ScenePlay) -> None:
    given = [option("essay", "1"), option("when", "in 5 days"), option("what", "text: Never said.")]
    await play.retry_until(
        lambda: play.run_command("prompts add", options=given),
        lambda: play.rows("SELECT 1 FROM prompts"),
        "a prompt",
    )
    number = str(play.rows("SELECT max(id) AS id FROM prompts")[0]["id"])
    await play.retry_until(
        lambda: play.run_command("prompts cancel", options=[option("prompt", number)]),
        lambda: play.rows("SELECT 1 FROM prompts WHERE state = 'skipped'"),
        "it cancelled",
    )


async def _edit(play: ScenePlay, who: str, before: str, after: str) -> None:
    member, essays = play.member(who), play.channel()
    found: list[dict[str, Any]] = []

    async def look() -> None:
        found[:] = [m for m in await play.messages() if m["content"].endswith(f"\n{before}")]

    await play.retry_until(look, lambda: found, "the answer")
    message_id = int(found[0]["id"])

    async def attempt() -> None:
        form = await choose(play, "Edit my reply", message_id, essays, member)
        await submit(play, form, {"Your reply": after}, who=member)

    def done() -> bool:
        return bool(play.rows("SELECT 1 FROM replies WHERE text = :text", text=after))

    await play.retry_until(attempt, done, f"edited to {after}")
    await play.settle(60)


SCENES = (
    members_answer_with_a_form,
    the_bot_posts_an_answer_itself,
    plain_messages_get_a_hint_or_join,
    members_who_answered_are_erased,
)
