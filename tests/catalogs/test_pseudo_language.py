"""In a pseudo-language, everything that is shown comes from the catalogs and fits into Discord."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.core.text.coded_text import CodedText
from bot.core.text.sentences_by_code import SENTENCES
from bot.core.text.translate import use_catalogs, use_language
from tests.catalogs.extract import list_command_texts
from tests.catalogs.pseudo import NAME_PREFIX, find_untranslated, write_pseudo_catalog
from tests.catalogs.pseudo_server import (
    ESSAY,
    LANGUAGE,
    REPLY,
    Untranslated,
    announce_language,
    publish,
    run_pseudo_emulator,
)
from tests.cogs.members.test_moved_replies import choose
from tests.cogs.ui.test_long_texts import Walk, check_log, set_up
from tests.core.text.test_coded_text import placeholders
from tests.delivery.test_reply_moves import copies
from tests.support.running_bot import RunningBot, run_bot

DAY = 86_400


@dataclass
class PseudoWalk(Walk):
    """Uses everything, and collects what isn't translated, with where it is."""

    untranslated: Untranslated = field(default_factory=Untranslated)

    async def publish(self, name: str, essay: bytes) -> None:
        """Publish an essay, whatever the button is called."""
        await publish(self.running, name, essay.decode())

    async def check(self, interaction: dict[str, Any], what: str) -> dict[str, Any]:
        """Check an answer, and look at its texts."""
        done = await super().check(interaction, what)
        self.untranslated.look(done["messages"], what)
        self.untranslated.look((done["answer"] or {}).get("data"), what)
        return done

    def fill_in(self, form: dict[str, Any]) -> dict[str, str]:
        """What is entered in a form as it was shown, with a time where it needs one."""
        labels = [one["label"] for one in form["data"]["components"]]
        return {
            **{label: "in 2 hours" for label in labels if label.startswith("⟦When")},
            **{label: REPLY for label in labels if "text" in label.lower()},
            # Another text each time, since the same one again may be a duplicate.
            **{
                label: f"{len(self.pressed)} {REPLY}"
                for label in labels
                if "answer" in label.lower()
            },
        }


@pytest.mark.timeout(300)
async def test_everything_that_is_shown_is_translated_and_fits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with run_pseudo_emulator(tmp_path) as emulator, run_bot(tmp_path, emulator) as running:
        await _walk(running)
    check_log(caplog.records)


async def _walk(running: RunningBot) -> None:
    await announce_language(running)
    await set_up(running)
    walk, ben = PseudoWalk(running, searched="κολοκύθα"), running.member("Ben")
    _check_commands(running)

    posted = await publish(running, "a.md")
    draft = await running.run_command("essay publish", file=("a.md", ESSAY.encode()))
    await walk.check(draft, "a draft")
    part = posted[1]
    head = await running.write("Ann", REPLY, to=part["id"])
    await running.settle()
    await running.write("Ben", REPLY, to=head)  # it is moved into the thread
    await running.settle()
    (copy,) = await copies(running, head)
    chosen = await choose(running, ben, "Edit my reply", int(copy["id"]), head)
    form = (await walk.check(chosen, "Edit my reply"))["answer"]
    await walk.submit(form, None, ben, head)
    await running.settle(4 * DAY)  # prompts and a nudge

    path = f"/channels/{running.channel()}/messages/{part['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle()
    admins = running.channel("admins")

    async def find_alert() -> dict[str, Any]:
        return (await running.bot_messages(admins))[-1]

    await walk.complete("1")
    post = await walk.publish_in_forum("a.md", ESSAY.encode())
    shown = [
        draft,
        post,
        *await walk.use_commands("2", only_essays=True),
        *await walk.use_commands("1"),
    ]
    await walk.use_questions(f"{ESSAY}\nΤέλος.\n".encode(), REPLY)
    await walk.use_card()
    shown.append(await walk.edit("b.md", ESSAY.replace("Το ζυμάρι", "Κανένα ζυμάρι").encode()))
    await walk.use_answers()
    await walk.use_search()
    await walk.press_all(find_alert, admins)
    for interaction in shown:
        await walk.press_all(functools.partial(running.answer_message, interaction))
    await running.settle(8 * DAY)

    await walk.untranslated.look_at_posts(running)
    walk.untranslated.check()
    walk.check_coverage()


def _check_commands(running: RunningBot) -> None:
    """Discord has every text of the commands in the pseudo-language."""
    for command in running.emulator.world.commands.values():
        is_menu = command.type != 1
        name = (command.body["name_localizations"] or {})[LANGUAGE]
        assert name.startswith("⟦" if is_menu else f"{NAME_PREFIX}{command.name}")
        stack = list(command.body.get("options", []))
        if not is_menu:
            assert command.body["description_localizations"][LANGUAGE].startswith("⟦")
        while stack:
            option = stack.pop()
            assert option["name_localizations"][LANGUAGE] == f"{NAME_PREFIX}{option['name']}"
            assert option["description_localizations"][LANGUAGE].startswith("⟦")
            for choice in option.get("choices", []):
                assert choice["name_localizations"][LANGUAGE].startswith("⟦")
            stack += option.get("options", [])


async def test_every_stored_text_is_translated(tmp_path: Path) -> None:
    await write_pseudo_catalog(tmp_path, LANGUAGE)
    values: dict[str, Any] = {
        **dict.fromkeys(("reason", "away"), CodedText("moment")),
        "changes": (CodedText("replies", (("count", 2),)),),
        "permissions": ("view_channel", "send_messages"),
    }
    with use_catalogs(tmp_path), use_language(LANGUAGE):
        for code in SENTENCES:
            given = {name: values.get(name, 5) for name in placeholders(code)}
            text = str(CodedText(code, tuple(given.items())))
            assert find_untranslated(text) - {"ja"} == set(), code
            assert len(text) < 2000


async def test_the_pseudo_language_is_longer_than_english(tmp_path: Path) -> None:
    assert len(await list_command_texts()) > 100
    assert find_untranslated("⟦a ⟦b⟧ c⟧ <#5> `code` d") == set()
    assert find_untranslated("⟦One.⟧ Two.") == {"Two"}
