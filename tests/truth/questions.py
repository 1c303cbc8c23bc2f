"""Questions to the author in a play: asked, marked, put off, merged and answered.

With the comparison of what an author is shown.

What should be open follows from the world, without any code of the bot: a question is answered once
an author writes in the thread that it heads, or replies to it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.emulator.world.models import Interaction, Message, User
from bot.emulator.world.seed import join
from tests.support.running_bot import component_texts, find_buttons
from tests.truth.answers import Answers, FormAnswer
from tests.truth.play_state import AskedQuestions

__all__ = ["Questions", "find_wrong_marks", "list_open"]

_ASK_BUTTON = "salon:discussion:ask"
_COMMAND = "questions"
_LIST = "salon:questions:"
_ANSWER_ID = re.compile(rf"{_LIST}answer:(\d+):")


class Questions(Answers):
    """What members ask, and what the authors do with it."""

    async def _ask_author(self) -> bool:
        """Press *Ask the author* below the essay or a prompt."""
        askers = await self._find_askers()
        return await self._use_discussion_button(_ASK_BUTTON, askers, asks=True)

    async def _find_askers(self) -> list[User]:
        """The members in the server who aren't authors; one joins if there is none."""
        askers = [one for one in self.members if one not in self.authors]
        await self._end_problems()
        if not any(one in askers for one in self.here()):
            await self.join_again(self._pick(askers))
        return [one for one in self.here() if one in askers]

    async def _mark_question(self) -> bool:
        """Choose *Ask the author this* on one's own message."""
        askers = {one.id for one in await self._find_askers()}
        await self._wait_until_idle()
        found = [
            one
            for one in self._changeable()
            if one.webhook_id is None and one.author_id in askers and not one.poll
        ]
        message = self._pick(found)
        if message is None:
            return False
        told = await self._use_menu(self._author(message), "Ask the author this", message)
        if told is None:
            self.asked.uncertain.add(message.id)
            return False
        if "is marked as a question" in str(self._get_shown(told)):
            self.asked.marked.add(message.id)
        return True

    async def _answer_question(self) -> bool:
        """An author answers one of the listed questions with the form."""
        author, shown, question = await self._choose_question()
        if shown is None or question is None:
            return False
        opened = await self._use_control(author, shown, f"answer:{question}:")
        return await self._submit(author, opened, question, self.channel_id)

    async def _put_off_question(self) -> bool:
        author, shown, question = await self._choose_question()
        if shown is None or question is None:
            return False
        told = await self._use_control(author, shown, f"later:{question}:")
        self.asked.put_off[question] = len(self.actions) + 1
        if told is None:
            self.asked.uncertain.add(question)
        return True

    async def _merge_questions(self) -> bool:
        """An author says that a question is the same as another one."""
        for _ in range(2):  # so that there is another one
            await self.do("ask author")
        author, shown, question = await self._choose_question()
        if shown is None or question is None:
            return False
        await self._use_control(author, shown, f"same:{question}:")
        await self._wait_until_idle()
        select = _find_control(shown, f"merge:{question}:")
        if select is None:
            return False  # there is no other one
        other = int(self._pick(select["options"])["value"])
        data = {
            "component_type": 3,
            "custom_id": select["custom_id"],
            "values": [str(other)],
        }
        more = {"message_id": str(shown.id), "message_flags": shown.flags}
        told = await self._interact(author, 3, data, self.channel_id, **more)
        await self._wait_until_idle()
        if told is None or "listed as one" not in component_texts(shown.components):
            self.asked.uncertain |= {question, other}
            return True
        same = self.asked.same_as
        for one in [one for one, first in same.items() if first == question]:
            same[one] = other
        same[question] = other
        return True

    async def _choose_question(self) -> tuple[User, Message | None, int | None]:
        """An author runs ``/questions``; the message with the list, and a question of it."""
        await self._end_problems()
        await self._wait_until_idle()
        author = self._pick(self.authors)
        await self.join_again(author)
        shown = await self.list_questions(author)
        if shown is not None and not _get_listed(shown) and await self.do("ask author"):
            await self._wait_until_idle()
            shown = await self.list_questions(author)
        return author, shown, None if shown is None else self._pick(_get_listed(shown))

    async def list_questions(self, author: User) -> Message | None:
        """Run ``/questions`` as a member of the server; the message with the list."""
        data = self._make_command(_COMMAND) | {"type": 1, "options": []}
        told = await self._interact(author, 2, data, self.channel_id)
        await self._wait_until_idle()
        if told is None or not told.messages:
            return None
        return self.emulator.world.messages[told.messages[0]]

    async def list_all_questions(self, author: User) -> list[int]:
        """All questions that an author is shown, in order, on as many pages as there are."""
        await self.join_again(author)
        shown = await self.list_questions(author)
        assert shown is not None
        await self._press_labelled(author, shown, "All questions of each person")
        found = _get_listed(shown)
        while await self._press_labelled(author, shown, "More"):
            found += _get_listed(shown)
        return found

    async def join_again(self, member: User) -> None:
        """Have a member join the server if they left it."""
        if member.id not in self.guild.members:
            join(self.emulator.world, self.guild, member)
            self.note_name(member)
            await self._wait_until_idle()

    async def switch_messages(self, author: User, shown: Message) -> None:
        """Switch the daily messages of an author on or off, with the button below their list."""
        assert await self._use_control(author, shown, "messages:0:") is not None
        await self._wait_until_idle()

    async def _press_labelled(self, author: User, shown: Message, label: str) -> bool:
        custom_id = next(
            (one["custom_id"] for one in find_buttons(shown.components) if one["label"] == label),
            None,
        )
        if custom_id is None:
            return False
        await self._use_control(author, shown, custom_id.removeprefix(_LIST))
        await self._wait_until_idle()
        return True

    async def _use_control(self, author: User, shown: Message, prefix: str) -> Interaction | None:
        """Press the button of the list whose custom id begins like this."""
        control = _find_control(shown, prefix)
        assert control is not None, prefix
        data = {"component_type": control["type"], "custom_id": control["custom_id"]}
        more = {"message_id": str(shown.id), "message_flags": shown.flags}
        return await self._interact(author, 3, data, self.channel_id, **more)


def _find_control(shown: Message, prefix: str) -> dict[str, Any] | None:
    for row in shown.components:
        for part in row.get("components", ()):
            if part.get("custom_id", "").startswith(_LIST + prefix):
                found: dict[str, Any] = part
                return found
    return None


def _get_listed(shown: Message) -> list[int]:
    """The questions on a page of the list, in order."""
    ids = [one.get("custom_id", "") for one in find_buttons(shown.components)]
    return [int(found[1]) for one in ids if (found := _ANSWER_ID.match(one))]


def _find_asked(posted: Mapping[str, FormAnswer], asked: AskedQuestions) -> set[str]:
    """The ids of all questions."""
    by_form = {message_id for message_id, answer in posted.items() if answer.asks}
    return by_form | {str(one) for one in asked.marked}


def find_wrong_marks(
    exported: Mapping[str, Any], posted: Mapping[str, FormAnswer], asked: AskedQuestions
) -> list[str]:
    """Replies that are questions and aren't exported as such, and the reverse."""
    wanted = _find_asked(posted, asked)
    return [
        f"{one['id']} is a question: {one['asks_author']}"
        for one in exported["replies"]
        if not one["deleted"]
        and int(one["id"]) not in asked.uncertain
        and one["asks_author"] != (one["id"] in wanted)
    ]


def list_open(
    exported: Mapping[str, Any],
    posted: Mapping[str, FormAnswer],
    asked: AskedQuestions,
    authors: Sequence[User],
) -> list[int]:
    """The open questions in the order in which an author is shown them."""
    writers = {str(one.id) for one in authors}
    present = [one for one in exported["replies"] if not one["deleted"]]
    answered = {
        key
        for one in present
        if one["author"]["id"] in writers
        for key in (one["parent"], one["thread_id"])
        if key != one["id"]
    }
    ids = _find_asked(posted, asked)
    known = {int(one["id"]): one["id"] in answered for one in present if one["id"] in ids}

    def find_first(question: int) -> int:
        seen = {question}
        while (other := asked.same_as.get(question)) in known and other not in seen:
            assert other is not None
            seen.add(other)
            question = other
        return question

    found = {find_first(one) for one, is_answered in known.items() if not is_answered}
    is_open = [one for one in found if not known[one]]
    return sorted(is_open, key=lambda one: (asked.put_off.get(one, 0), -one))
