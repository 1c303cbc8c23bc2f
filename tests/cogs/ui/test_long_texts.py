"""Every command, suggestion, button, select and form, with an essay whose texts are very long.

Commands are taken as they are registered, buttons as they are shown, so that a new one is used,
too; a kind of button or form that nothing here shows fails the test.
"""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.core.text.titles import escape_title
from bot.emulator.world.models import User
from storage.db.writer import Transaction
from storage.servers import settings
from tests.cogs.members.test_moved_replies import choose
from tests.cogs.setup.test_panel import flat
from tests.cogs.test_servers_apart import data_for, leaves, slash_commands, value_of
from tests.delivery.test_reply_moves import copies, let_move
from tests.support.running_bot import RunningBot, component_texts, form_data, running_bot

FindMessage = Callable[[], Awaitable[dict[str, Any]]]

DAY = 86_400
#: Characters of each text.
LENGTH = 4000
#: No spaces to cut at, emoji of up to 8 units, and signs that escaping doubles.
PATTERN = "🥖*👩‍👩‍👧_夜の[パン`|<@1>~\\:a:"
_BUTTON, _SELECT, _FORM = 2, 3, 9
_WHEN = "When (e.g. tomorrow 9:00)"
#: Buttons that end what others below the same message need, in the order of pressing them.
_LAST = ("undo", "cancel", "keep", "publish", "apply", "discard", "leave", "erase", "withdraw")


def long_text(length: int = LENGTH) -> str:
    """A text of one line."""
    return (PATTERN * length)[:length]


def make_essay(ending: str = "") -> bytes:
    """An essay whose facts are all long."""
    text = long_text()
    facts = {
        "title": text,
        "byline": f"By {text}",
        "author": text,
        "date": long_text(200),
        "epigraph": {"text": text, "source": long_text(500)},
        "questions": [f"{long_text(1500)}?"],
    }
    matter = "\n".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in facts.items()
    )
    assert len(matter) < 20_000, "longer ones aren't front matter"
    return f"---\n{matter}\n---\n\nIt rained. {ending}\n\n{long_text(1900)}?\n".encode()


def _order(part: dict[str, Any]) -> int:
    action = part["custom_id"].split(":")[2]
    return _LAST.index(action) if action in _LAST else -1


@dataclass
class Walk:
    """Uses everything, and checks each answer."""

    running: RunningBot
    pressed: set[str] = field(default_factory=set)
    submitted: set[str] = field(default_factory=set)
    #: A word that no text has but those that are searched for it.
    searched: str = "pumpernickel"

    async def publish(self, name: str, essay: bytes) -> None:
        """Publish an essay."""
        draft = await self.running.run_command("essay publish", file=(name, essay))
        await self.running.press(draft, "Publish")
        await self.running.settle()

    async def check(self, interaction: dict[str, Any], what: str) -> dict[str, Any]:
        """Check that an interaction was answered, and not with a bug's reference; its end."""
        await self.running.settle()
        (found,) = [
            one
            for one in (await self.running.world())["interactions"]
            if one["id"] == interaction["id"]
        ]
        said = "\n".join(
            f"{message['content']}\n{component_texts(message['components'])}"
            for message in found["messages"]
        )
        assert found["state"] == "answered", what
        assert "Something went wrong" not in said, (what, said)
        assert "couldn't show my answer" not in said, (what, said)
        done: dict[str, Any] = found
        return done

    def drop(self, interaction: dict[str, Any]) -> None:
        """Remove an interaction from the world, which is read again and again."""
        del self.running.emulator.world.interactions[int(interaction["id"])]

    async def use_commands(self, essay: str, *, only_essays: bool = False) -> list[dict[str, Any]]:
        """Use every slash command on an essay; the answers with buttons."""
        shown = []
        for command in slash_commands(self.running):
            for path, options in leaves(command):
                if only_essays and all(option["name"] != "essay" for option in options):
                    continue
                given = [
                    {"type": option["type"], "name": option["name"], "value": value}
                    for option in options
                    if (value := value_of(option, essay, self.running.channel())) is not None
                ]
                asked = await self.running.interact(2, data_for(command, path, given))
                done = await self.check(asked, f"/{command.name} {' '.join(path)} {given}")
                if done["answer"]["type"] == _FORM:
                    await self.submit(done["answer"])
                if done["messages"] and flat(done["messages"][0]["components"]):
                    shown.append(done)
                else:
                    self.drop(done)
        return shown

    async def complete(self, typed: str) -> None:
        """Have every option's autocomplete suggest something."""
        count = 0
        for command in slash_commands(self.running):
            for path, options in leaves(command):
                for option in options:
                    if option.get("autocomplete"):
                        one = {"type": option["type"], "name": option["name"], "value": typed}
                        given = [one | {"focused": True}]
                        asked = await self.running.interact(4, data_for(command, path, given))
                        what = f"/{command.name} {' '.join(path)} {option['name']}"
                        done = await self.check(asked, what)
                        count += len(done["answer"]["data"]["choices"])
                        self.drop(done)
        assert count > 20

    async def press_all(self, find: FindMessage, channel_id: int | None = None) -> None:
        """Press every button of a message and submit the forms they show."""
        done: set[str] = set()
        while left := [one for one in await self._find_parts(find) if one["custom_id"] not in done]:
            part = min(left, key=_order)
            done.add(part["custom_id"])
            data = {"component_type": part["type"], "custom_id": part["custom_id"]}
            if part["type"] == _SELECT:
                # The last of an essay's passages, since the first choice is the whole essay.
                chosen = -1 if part["custom_id"].startswith("salon:passages:") else 0
                data["values"] = [part["options"][chosen]["value"]]
            elif part["type"] != _BUTTON:
                data["values"] = []
            message = await find()
            more = {"message_id": message["id"], "message_flags": message["flags"]}
            used = await self.running.interact(3, data, channel_id=channel_id, **more)
            answer = (await self.check(used, part["custom_id"]))["answer"]
            if answer["type"] == _FORM:
                await self.submit(answer, message["id"])
            self.drop(used)
        self.pressed |= done

    async def _find_parts(self, find: FindMessage) -> list[dict[str, Any]]:
        return [part for part in flat((await find())["components"]) if "custom_id" in part]

    async def use_answers(self) -> None:
        """Answer an essay of many passages with the form, the second time where a thread is."""
        passages = "\n\n".join(f"{number} {long_text(300)}" for number in range(30))
        await self.publish("c.md", f"# {long_text(200)}\n\n{passages}".encode())
        closing = [one for one in await self.running.bot_messages() if one["components"]][-1]
        for _round in range(2):
            button, *_ = [one for one in flat(closing["components"]) if one["type"] == _BUTTON]
            self.pressed.add(button["custom_id"])
            used = await self.running.interact(
                3,
                {"component_type": _BUTTON, "custom_id": button["custom_id"]},
                message_id=closing["id"],
                message_flags=closing["flags"],
            )
            await self.check(used, "Answer")
            await self.press_all(functools.partial(self.running.answer_message, used))
            await self.running.settle()  # the thread is opened

    async def use_questions(self, essay: bytes, text: str) -> None:
        """Name an author, ask them twice, and use their list of questions."""
        running, ben = self.running, self.running.member("Ben")
        draft = await running.run_command("essay publish", file=("d.md", essay))
        find_draft = functools.partial(running.answer_message, draft)
        form = (await self._press(find_draft, "salon:draft:cover:"))["answer"]
        entered = form_data(form, {})
        entered["components"][0]["component"]["values"] = [str(running.member().id)]
        below = (await find_draft())["id"]
        self.submitted.add(form["data"]["custom_id"].split(":")[2])
        await self.check(await running.interact(5, entered, message_id=below), "authors")
        await self._press(find_draft, "salon:draft:publish:")

        async def find_closing() -> dict[str, Any]:
            return [one for one in await running.bot_messages() if one["components"]][-1]

        for number in range(2):
            form = (await self._press(find_closing, "salon:discussion:ask", ben))["answer"]
            (field,) = [one for one in form["data"]["components"] if one["component"]["type"] == 4]
            asked = form_data(form, {field["label"]: f"{number} {text}"})
            self.submitted.add(form["data"]["custom_id"].split(":")[2])
            await self.check(await running.interact(5, asked, who=ben), "a question")
        listed = await running.run_command("questions")
        await self.check(listed, "questions")
        await self.press_all(functools.partial(running.answer_message, listed))

    async def _press(
        self, find: FindMessage, prefix: str, who: User | None = None
    ) -> dict[str, Any]:
        """Press the button of a message whose custom id begins so."""
        await self.running.settle()
        message = await find()
        (part,) = [
            one
            for one in flat(message["components"])
            if one.get("custom_id", "").startswith(prefix)
        ]
        data = {"component_type": _BUTTON, "custom_id": part["custom_id"]}
        more = {"message_id": message["id"], "message_flags": message["flags"]}
        return await self.check(
            await self.running.interact(3, data, who=who, **more), part["custom_id"]
        )

    async def use_search(self) -> None:
        """Search for what has several pages of hits."""
        closing = (await self.running.bot_messages())[-1]
        for _number in range(12):
            await self.running.write("Ann", f"{self.searched} {long_text(900)}", to=closing["id"])
        await self.running.settle()
        options = [{"type": 3, "name": "words", "value": self.searched}]
        found = await self.running.run_command("search", options=options)
        await self.check(found, "search")
        await self.press_all(functools.partial(self.running.answer_message, found))

    async def use_card(self) -> None:
        """Press the buttons on the first card, and everything below their answers."""
        card = (await self.running.bot_messages())[0]
        for _number in range(2):
            await self.running.write("Ann", "Ναι.", to=card["id"])
        await self.running.settle()
        for part in flat(card["components"]):
            if "custom_id" not in part:
                continue
            self.pressed.add(part["custom_id"])
            data = {"component_type": _BUTTON, "custom_id": part["custom_id"]}
            used = await self.running.interact(
                3, data, message_id=card["id"], message_flags=card["flags"]
            )
            await self.check(used, part["custom_id"])
            await self.press_all(functools.partial(self.running.answer_message, used))

    async def publish_in_forum(self, name: str, essay: bytes) -> dict[str, Any]:
        """Make a draft of an essay in a forum that has tags; its answer."""
        forum = self.running.channel("essay-forum")
        tag = {"name": "ω" * 50, "moderated": False}
        await self.running.call_as(
            self.running.member(), "PATCH", f"/channels/{forum}", {"available_tags": [tag]}
        )
        options = [{"type": 7, "name": "channel", "value": str(forum)}]
        draft = await self.running.run_command("essay publish", file=(name, essay), options=options)
        return await self.check(draft, "a draft in a forum")

    async def edit(self, name: str, essay: bytes) -> dict[str, Any]:
        """Submit another text of the first essay; its answer."""
        options = [{"type": 3, "name": "essay", "value": "1"}]
        edit = await self.running.run_command("essay edit", file=(name, essay), options=options)
        return await self.check(edit, "an edit")

    def check_coverage(self) -> None:
        """Check that every kind of button, select and form was used."""
        salon = self.running.salon
        templates = salon._connection._view_store._dynamic_items
        unused = {
            template.pattern
            for template in templates
            if not any(template.fullmatch(custom_id) for custom_id in self.pressed)
        }
        assert unused == set()
        assert salon.forms.get_form_commands().keys() == self.submitted

    def fill_in(self, _form: dict[str, Any]) -> dict[str, str]:
        """What is entered in a form, by the labels of its fields; the others stay as shown."""
        return {
            _WHEN: "in 2 hours",
            "Or the text": long_text(1900),
            "Your answer": f"{len(self.pressed)} {long_text(1700 // 2)}",
        }

    async def submit(
        self,
        form: dict[str, Any],
        message_id: str | None = None,
        who: User | None = None,
        channel_id: int | None = None,
    ) -> None:
        """Submit a form as it was shown."""
        more: dict[str, Any] = {} if message_id is None else {"message_id": message_id}
        entered = form_data(form, self.fill_in(form))
        self.submitted.add(form["data"]["custom_id"].split(":")[2])
        used = await self.running.interact(5, entered, who=who, channel_id=channel_id, **more)
        done = await self.check(used, form["data"]["custom_id"])
        if done["messages"] and flat(done["messages"][0]["components"]):
            await self.press_all(functools.partial(self.running.answer_message, used))
        self.drop(used)


def check_log(records: list[logging.LogRecord]) -> None:
    """Check that nothing was refused and nothing reported as a bug."""
    wrong = [
        record.getMessage()
        for record in records
        if record.levelno >= logging.ERROR or "Couldn't send" in record.getMessage()
    ]
    assert wrong == []


async def set_up(running: RunningBot) -> None:
    """Have replies moved, and alerts posted."""
    await let_move(running)
    board = running.channel("admins")

    async def choose_board(tx: Transaction) -> None:
        await settings.set_alerts_channel(tx, running.server_id, board)

    await running.database.write(choose_board)


@pytest.mark.timeout(240)
async def test_nothing_is_refused_for_being_too_long(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running_bot(tmp_path) as running:
        await set_up(running)
        walk, ben = Walk(running), running.member("Ben")
        await walk.publish("a.md", make_essay())
        draft = await running.run_command("essay publish", file=("a.md", make_essay()))
        await walk.check(draft, "a draft")
        _, part, *_ = await running.bot_messages()
        head = await running.write("Ann", long_text(1990 // 2), to=part["id"])
        await running.settle()

        # A reply of full length is moved, and its author edits it.
        await running.write("Ben", long_text(1990 // 2), to=head)
        await running.settle()
        (copy,) = await copies(running, head)
        chosen = await choose(running, ben, "Edit my reply", int(copy["id"]), head)
        await walk.submit((await walk.check(chosen, "Edit my reply"))["answer"], None, ben, head)

        path = f"/channels/{running.channel()}/messages/{part['id']}"
        await running.call_as(running.member(), "DELETE", path)
        await running.settle()
        admins = running.channel("admins")
        (alert,) = await running.bot_messages(admins)
        assert f"“{escape_title(long_text())}” was deleted" in alert["content"]

        async def find_alert() -> dict[str, Any]:
            return (await running.bot_messages(admins))[0]

        await walk.complete("1")
        post = await walk.publish_in_forum("a.md", make_essay())
        shown = [
            draft,
            post,
            *await walk.use_commands("2", only_essays=True),
            *await walk.use_commands("1"),
        ]
        shown.append(await walk.edit("b.md", make_essay("One more paragraph.")))
        await walk.use_answers()
        await walk.use_questions(
            f"# {long_text(200)}\n\n{long_text(1900)}".encode(), long_text(1700 // 2)
        )
        await walk.use_search()
        await walk.use_card()
        await walk.press_all(find_alert, admins)
        for interaction in shown:
            await walk.press_all(functools.partial(running.answer_message, interaction))
        await running.settle(3 * DAY)
        check_log(caplog.records)
        failed = "SELECT last_error FROM planned_messages WHERE state = 'failed'"
        assert await running.database.read(lambda tx: tx.rows(failed)) == []
        walk.check_coverage()
