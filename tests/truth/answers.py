"""Answers from forms in a play: *Answer*, *Discuss this passage*, and how they are compared.

An answer is posted by webhook or by the bot itself, so in the world it is a message of an app. For
the comparison each is treated as if its author had posted it themselves, as a reply to the message
that has the button.
"""

from __future__ import annotations

import contextlib
import copy
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from bot.emulator.world.models import Channel, Interaction, InteractionState, Message, User
from tests.support.running_bot import component_texts, find_buttons, wait_until
from tests.truth.problems import Problems

__all__ = ["Answers", "FormAnswer", "apply_answers", "find_answers"]

_ACCEPTED = "I'm posting your "
_PLACE = "salon:place:"
_ANSWER_BUTTON = "salon:discussion:answer"


@dataclass(frozen=True)
class FormAnswer:
    """What a member submitted.

    names:       what its author was called then, and since
    is_certain:  the bot said that it posts it; else it may or may not have been saved
    asks:        it is a question to the author
    """

    member_id: int
    text: str
    answered_id: int
    names: list[str]
    is_certain: bool
    asks: bool = False


class Answers(Problems):
    """What members do with the forms."""

    async def _answer_by_form(self) -> bool:
        """Press *Answer* below the essay."""
        return await self._use_discussion_button(_ANSWER_BUTTON, self.here())

    async def _use_discussion_button(
        self, custom_id: str, members: Sequence[User], *, asks: bool = False
    ) -> bool:
        """Press a button below the essay or a prompt, as one of the members."""
        await self._end_problems()
        await self._wait_until_idle()
        found = [one for one in self._present(mine=False) if _has_button(one, custom_id)]
        message, member = self._pick(found), self._pick(list(members))
        if message is None or member is None:
            return False
        data = {"component_type": 2, "custom_id": custom_id}
        shown = {"message_id": str(message.id), "message_flags": message.flags}
        opened = await self._interact(member, 3, data, message.channel_id, **shown)
        return await self._submit(member, opened, message.id, message.channel_id, asks=asks)

    async def _discuss_passage(self) -> bool:
        """Choose *Discuss this passage* on a part of the essay."""
        await self._end_problems()
        await self._wait_until_idle()
        parts = [
            one
            for one in self._present(mine=False, in_thread=False)
            if one.content and not one.components
        ]
        message = self._pick([one for one in parts if not one.content.startswith("-#")] or parts)
        if message is None:
            return False
        member = self._pick(self.here())
        opened = await self._use_menu(member, "Discuss this passage", message)
        return await self._submit(member, opened, message.id, message.channel_id)

    async def _use_menu(self, member: User, name: str, message: Message) -> Interaction | None:
        """Choose a command in the menu of a message."""
        data = self._make_command(name) | {"type": 3, "target_id": str(message.id)}
        return await self._interact(member, 2, data, message.channel_id)

    def _make_command(self, name: str) -> dict[str, Any]:
        known = next(one for one in self.emulator.world.commands.values() if one.name == name)
        return {"id": str(known.id), "name": known.name, "version": str(known.version)}

    async def _submit(
        self,
        member: User,
        opened: Interaction | None,
        answered_id: int,
        channel_id: int,
        *,
        asks: bool = False,
    ) -> bool:
        """Fill in the form that was opened, and say where the answer belongs if that is asked."""
        if opened is None or opened.modal is None:
            return opened is not None  # it was refused with a sentence: the message is no part
        known, text = set(self.marks), self._words().strip()
        components = []
        for label in opened.modal["components"]:
            field = label["component"]
            filled = {"type": field["type"], "custom_id": field["custom_id"]}
            if field["type"] == 4:
                filled["value"] = text
            else:
                filled["values"] = [self._pick(field["options"])["value"]]
            components.append({"type": 18, "component": filled})
        data = {"custom_id": opened.modal["custom_id"], "components": components}
        told = await self._interact(member, 5, data, channel_id)
        if told is not None and _PLACE in str(self._get_shown(told)):
            told = await self._choose_place(member, told, channel_id)
        is_certain = told is not None and _ACCEPTED in str(self._get_shown(told))
        names = [self.name_of(member)]
        self._names_by_user.setdefault(member.id, []).append(names)
        self.answers.append(FormAnswer(member.id, text, answered_id, names, is_certain, asks))
        if not is_certain:
            # It may be kept for a day without being posted.
            self.marks &= known
            self.hidden_marks &= known
        return True

    async def _choose_place(
        self, member: User, asked: Interaction, channel_id: int
    ) -> Interaction | None:
        shown = self.emulator.world.messages[asked.messages[0]]
        # One that is locked waits until a moderator unlocks it.
        locked = {
            f"{_PLACE}{one.id}:" for one in self.emulator.world.channels.values() if _is_locked(one)
        }
        buttons = find_buttons(shown.components)
        free = [one for one in buttons if not one["custom_id"].startswith(tuple(locked))]
        button = self._pick(free)
        data = {"component_type": 2, "custom_id": button["custom_id"]}
        more = {"message_id": str(shown.id), "message_flags": shown.flags}
        return await self._interact(member, 3, data, channel_id, **more)

    def _get_shown(self, interaction: Interaction) -> list[str]:
        """What an interaction was answered with, or the message that its answer changed."""
        world = self.emulator.world
        ids = interaction.messages or [interaction.source_message_id or 0]
        found = [world.messages[one] for one in ids if one in world.messages]
        texts = [one.content + component_texts(one.components) for one in found]
        return texts + [str(one.components) for one in found]

    async def _interact(
        self, member: User, kind: int, data: Mapping[str, Any], channel_id: int, **more: Any
    ) -> Interaction | None:
        """Start an interaction, and wait for its answer; None if there is none."""
        world = self.emulator.world
        before = set(world.interactions)
        body = {
            "type": kind,
            "application_id": str(world.application.id),
            "guild_id": str(self.guild.id),
            "channel_id": str(channel_id),
            "session_id": secrets.token_hex(16),
            "data": data,
            **more,
        }
        if not await self._call(member, "POST", "/interactions", body):
            return None
        (made,) = [world.interactions[one] for one in set(world.interactions) - before]

        async def is_over() -> bool:
            return made.state is not InteractionState.WAITING

        with contextlib.suppress(pytest.fail.Exception):
            await wait_until(is_over, "an answer")
        return made if made.state is InteractionState.ANSWERED else None


def _is_locked(channel: Channel) -> bool:
    return channel.thread is not None and channel.thread.locked


def _has_button(message: Message, custom_id: str) -> bool:
    return any(one.get("custom_id") == custom_id for one in find_buttons(message.components))


def find_answers(
    world: dict[str, Any], answers: Iterable[FormAnswer], own_id: str
) -> tuple[dict[str, FormAnswer], list[str]]:
    """The answers by the ids of their messages, and what is wrong with these.

    Without a webhook, the bot itself posts an answer.
    """
    posted: dict[str, FormAnswer] = {}
    wrong = []
    for answer in answers:
        found = [
            one["id"]
            for one in world["messages"]
            if (one.get("webhook_id") or one["author"]["id"] == own_id)
            and one["content"].strip().endswith(answer.text)
        ]
        if len(found) > 1 or (answer.is_certain and not found):
            wrong.append(f"{answer.text!r} was posted {len(found)} times")
        posted |= dict.fromkeys(found, answer)
    return posted, wrong


def apply_answers(world: dict[str, Any], posted: Mapping[str, FormAnswer]) -> dict[str, Any]:
    """The world as if members had posted their answers themselves."""
    result = copy.deepcopy(world)
    for message in result["messages"]:
        answer = posted.get(message["id"])
        if answer is not None:
            message["author"] = {"id": str(answer.member_id)}
            message["webhook_id"] = None
            message["content"] = answer.text
            message["message_reference"] = {"message_id": str(answer.answered_id)}
    return result
