"""Questions to the author: asked, listed, answered with a form, and told of in direct messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.emulator.world.models import User
from tests.faults.scene_play import ScenePlay
from tests.faults.scenes.actions import (
    DAY,
    ESSAY,
    allow,
    change,
    change_prompt_setting,
    choose,
    come_back,
    command,
    fault,
    forget,
    leave,
    option,
    publish,
    set_up,
    state_of,
    submit,
)
from tests.faults.scenes.answers import submit_answer
from tests.support.running_bot import find_buttons, form_data

__all__ = ["SCENES"]

_MAY_MOVE = 1 << 29 | 1 << 13
_SEND_MESSAGES = 1 << 11
_MESSAGES = "/channels/*/messages"


async def an_author_answers_questions(play: ScenePlay) -> None:
    """Named in the draft; questions by form and by menu; put off, merged, and answered."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await _publish_by(play, "Ann")
    await _ask(play, "Ben", "Why a night?")
    await _ask(play, "Chloe", "Why so long?")
    question = _find(play, "Why a night?")
    await _use(play, "later", _find(play, "Why so long?"), _is_put_off(play))
    await _merge(play, _find(play, "Why so long?"), question)
    await _use(play, "separate", question, _is_separate(play))
    # In an archived thread, which isn't in the bot's memory.
    await change(play, question, archived=True)
    await play.settle(60)
    await fault(play, "POST", "/webhooks/*/*", status=None, after_effect=True)
    await _answer(play, question, "It rests.")
    await _answer(play, _find(play, "Why so long?"), "It is slow.")


async def a_short_message_is_asked_and_gets_a_thread(play: ScenePlay) -> None:
    """A message without a thread, marked by its writer; the answer waits for its thread."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await set_up(play, "plain_messages", "join", "loose", "join")
    await _publish_by(play, "Ann")
    short = await play.write("Ben", "Why wait?")
    await play.settle(60)
    await _mark(play, "Ben", short)
    await fault(play, "POST", "/channels/*/messages/*/threads", status=503)
    await _answer(play, short, "It rests.")


async def an_author_gets_direct_messages(play: ScenePlay) -> None:
    """With calls that fail; refused, switched on again, and off.

    Without prompts and nudges, whose calls would get the faults.
    """
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await command(play, "prompts plan", "get no prompts", steps="none")
    await change_prompt_setting(play, "nudge_hours", 0, option("nudges", 0, 4))
    await _publish_by(play, "Ann")
    ann = play.member("Ann")
    await _use(play, "messages", 0, _has_switch(play, "on"))
    await play.settle(DAY + 3600)
    await _ask(play, "Ben", "Why a night?")
    await fault(play, "POST", "/users/@me/channels", status=503)
    await fault(play, "POST", _MESSAGES, status=None, after_effect=True)
    await play.settle(DAY + 3600)
    await _ask(play, "Chloe", "Which flour?")
    ann.refuses_messages = True
    await play.settle(DAY + 3600)
    await play.retry_until(
        lambda: play.settle(3600), lambda: _has_switch(play, "refused")(), "refused"
    )
    ann.refuses_messages = False
    await _use(play, "messages", 0, _has_switch(play, "on"))
    await _ask(play, "Dev", "And salt?")
    # Discord refuses it again where that couldn't be recorded.
    await fault(play, "POST", _MESSAGES, status=400, times=3)
    await play.settle(DAY + 3600)
    await _use(play, "messages", 0, _has_switch(play, "on"))
    await _use(play, "messages", 0, _has_switch(play, None))


async def authors_change_and_are_erased(play: ScenePlay) -> None:
    """An author is named in an edit and another one in its place; one who is asked is erased."""
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await publish(play)
    await _change_authors(play, "Ann")
    await _change_authors(play, "Ann", "Dev")
    await _ask(play, "Ben", "Why a night?")
    await _use(play, "messages", 0, _has_switch(play, "on"))
    await _begin_edit(play)
    for who in ("Ben", "Ann", "Dev"):
        await forget(play, play.member(who))


async def a_server_with_questions_is_left(play: ScenePlay) -> None:
    """It comes back, with nothing due in between; then it is left for good.

    An answer that couldn't be posted before is posted when it is back.
    """
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=_MAY_MOVE)
    await command(play, "prompts plan", "get no prompts", steps="none")
    await publish(play)
    await _change_authors(play, "Ann")
    await _ask(play, "Ben", "Why a night?")
    await _use(play, "messages", 0, _has_switch(play, "on"))
    await _begin_edit(play)
    await allow(play, "essays", deny=_MAY_MOVE | _SEND_MESSAGES)
    await submit_answer(play, "Chloe", "It depends.")
    await play.settle(60)
    await leave(play)
    await play.settle(3600)
    await come_back(play)
    await play.settle(60)
    await allow(play, "essays", allow=_MAY_MOVE)
    await play.retry_until(
        lambda: play.settle(3600),
        lambda: play.rows("SELECT 1 FROM replies WHERE text = 'It depends.'"),
        "the answer posted",
    )
    await play.settle(3600)
    await leave(play)
    await play.settle(31 * DAY)


async def _begin_edit(play: ScenePlay) -> None:
    """Begin an edit of the essay, which nobody applies."""

    async def attempt() -> None:
        shown = await play.run_command("essay show", options=[option("essay", "1")])
        await play.press(shown, "Edit details")

    await play.retry_until(
        attempt, lambda: play.rows("SELECT 1 FROM pending_authors"), "an edit begun"
    )


async def _publish_by(play: ScenePlay, *names: str) -> None:
    """Publish an essay whose authors are members."""
    members = [play.member(name) for name in names]

    async def attempt() -> None:
        where = [option("channel", str(play.channel()), 7)]
        shown = await play.run_command(
            "essay publish", file=("essay.md", ESSAY.encode()), options=where
        )
        await _name_authors(play, shown, members)
        if play.rows("SELECT 1 FROM essay_authors"):
            await play.press(shown, "Publish")

    await play.retry_until(
        attempt, lambda: state_of(play, "Slow bread") not in ("", "draft"), "published"
    )
    await play.settle(60)


async def _name_authors(play: ScenePlay, panel: dict[str, Any], members: list[User]) -> None:
    form = await play.press(panel, "Authors and cover …")
    assert form["answer"] is not None, "no form was shown"
    entered = form_data(form["answer"], {})
    entered["components"][0]["component"]["values"] = [str(one.id) for one in members]
    below = (await play.answer_message(panel))["id"]
    await play.interact(5, entered, message_id=below)
    await play.settle()


async def _change_authors(play: ScenePlay, *names: str) -> None:
    """Give a published essay other authors."""
    members = [play.member(name) for name in names]
    wanted = sorted(one.id for one in members)

    def done() -> bool:
        rows = play.rows("SELECT member_id FROM essay_authors ORDER BY member_id")
        return [row["member_id"] for row in rows] == wanted

    def are_named() -> bool:
        rows = play.rows("SELECT member_id FROM pending_authors ORDER BY member_id")
        return [row["member_id"] for row in rows] == wanted

    async def attempt() -> None:
        shown = await play.run_command("essay show", options=[option("essay", "1")])
        edit = shown
        if not play.rows("SELECT 1 FROM pending_revisions"):
            edit = await play.press(shown, "Edit details")
        await play.settle()
        await _name_authors(play, edit, members)
        if are_named():
            await play.press(edit, "Apply")

    await play.retry_until(attempt, done, f"authors {names}")
    await play.settle(60)


async def _ask(play: ScenePlay, who: str, text: str) -> None:
    """Ask the author with the form, until the question is stored."""
    member = play.member(who)

    async def attempt() -> None:
        closing = next(
            message
            for message in await play.bot_messages()
            if any(
                one.get("label") == "Ask the author" for one in find_buttons(message["components"])
            )
        )
        (button,) = [
            one for one in find_buttons(closing["components"]) if one["label"] == "Ask the author"
        ]
        data = {"component_type": 2, "custom_id": button["custom_id"]}
        form = await play.interact(
            3, data, who=member, message_id=closing["id"], message_flags=closing["flags"]
        )
        await submit(play, form, {"Your question": text, "About": "0"}, who=member)

    before = len(play.rows("SELECT 1 FROM answers"))
    await play.retry_until(
        attempt, lambda: len(play.rows("SELECT 1 FROM answers")) > before, f"asked {text}"
    )
    await play.retry_until(
        lambda: play.settle(60),
        lambda: play.rows(
            """
            SELECT 1 FROM replies JOIN author_questions ON reply_id = replies.id
            JOIN threads ON threads.id = replies.id AND threads.state = 'ready'
            WHERE text = :text
            """,
            text=text,
        ),
        f"posted {text}",
    )


def _find(play: ScenePlay, text: str) -> int:
    """The id of the reply with a text."""
    (row,) = play.rows("SELECT id FROM replies WHERE text = :text", text=text)
    return int(row["id"])


async def _mark(play: ScenePlay, who: str, message_id: int) -> None:
    await play.retry_until(
        lambda: choose(play, "Ask the author this", message_id, play.channel(), play.member(who)),
        lambda: play.rows("SELECT 1 FROM author_questions"),
        "marked",
    )


async def _press(
    play: ScenePlay, what: str, question: int, *values: object, shown: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Use a control of the author's list, which is shown anew unless it is given."""
    ann = play.member("Ann")
    if shown is None:
        shown = await play.run_command("questions", who=ann)
        await play.settle()
    message = await play.answer_message(shown)
    data: dict[str, Any] = {
        "component_type": 3 if values else 2,
        "custom_id": f"salon:questions:{what}:{question}:newest:1:0",
    }
    if values:
        data["values"] = [str(value) for value in values]
    return await play.interact(
        3, data, who=ann, message_id=message["id"], message_flags=message["flags"]
    )


async def _use(play: ScenePlay, what: str, question: int, done: Callable[[], object]) -> None:
    """Use a control until it is done; *separate* is below what *same* shows."""

    async def attempt() -> None:
        if what == "separate":
            shown = await play.run_command("questions", who=play.member("Ann"))
            await play.settle()
            await _press(play, "same", question, shown=shown)
            await play.settle()
            await _press(play, "separate", question, shown=shown)
        else:
            await _press(play, what, question)

    await play.retry_until(attempt, done, what)


async def _merge(play: ScenePlay, question: int, other: int) -> None:
    async def attempt() -> None:
        shown = await play.run_command("questions", who=play.member("Ann"))
        await play.settle()
        await _press(play, "same", question, shown=shown)
        await play.settle()
        await _press(play, "merge", question, other, shown=shown)

    await play.retry_until(
        attempt,
        lambda: play.rows("SELECT 1 FROM author_questions WHERE same_as_id IS NOT NULL"),
        "merged",
    )


async def _answer(play: ScenePlay, question: int, text: str) -> None:
    """Answer a question with the form, until the answer is a reply."""
    ann = play.member("Ann")

    async def attempt() -> None:
        if not play.rows("SELECT 1 FROM answers WHERE answered_id = :id", id=question):
            form = await _press(play, "answer", question)
            await submit(play, form, {"Your answer": text}, who=ann)
        await play.settle(60)

    await play.retry_until(
        attempt,
        lambda: play.rows("SELECT 1 FROM replies WHERE text = :text", text=text),
        f"answered {text}",
    )
    await play.settle(60)


def _is_put_off(play: ScenePlay) -> Callable[[], object]:
    return lambda: play.rows("SELECT 1 FROM author_questions WHERE later_at IS NOT NULL")


def _is_separate(play: ScenePlay) -> Callable[[], object]:
    return lambda: not play.rows("SELECT 1 FROM author_questions WHERE same_as_id IS NOT NULL")


def _has_switch(play: ScenePlay, state: str | None) -> Callable[[], object]:
    def done() -> bool:
        rows = play.rows("SELECT state FROM author_messages")
        return [row["state"] for row in rows] == ([] if state is None else [state])

    return done


SCENES = (
    an_author_answers_questions,
    a_short_message_is_asked_and_gets_a_thread,
    an_author_gets_direct_messages,
    authors_change_and_are_erased,
    a_server_with_questions_is_left,
)
