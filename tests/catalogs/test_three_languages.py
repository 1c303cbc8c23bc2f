"""The user's, the server's and the essay's language are kept apart: each in its own brackets.

The user's is English, which has none; the server's and the essay's are pseudo-languages.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.core.text.translate import gettext, use_catalogs, use_language
from tests.catalogs.alert_scenes import reply
from tests.catalogs.pseudo import find_untranslated, write_pseudo_catalog
from tests.catalogs.pseudo_server import ESSAY, LANGUAGE, REPLY, iterate_texts
from tests.cogs.members.test_answers import press_answer, submit
from tests.cogs.members.test_privacy import forget
from tests.cogs.ui.test_long_texts import set_up
from tests.delivery.test_reply_moves import let_move
from tests.support.running_bot import RunningBot, component_texts, run_bot, run_emulator

DAY = 86_400
#: Detected by its letters.
_ESSAYS_LANGUAGE = "el"
_SERVER, _ESSAY = "⟦⟧", "⟪⟫"
_NAMES = {"Ann", "Ben", "Dev", "Chloe", "Ada"}
_FIRST = [{"type": 3, "name": "essay", "value": "1"}]


@asynccontextmanager
async def run(folder: Path) -> AsyncIterator[RunningBot]:
    await write_pseudo_catalog(folder / "locales", LANGUAGE, _SERVER)
    await write_pseudo_catalog(folder / "locales", _ESSAYS_LANGUAGE, _ESSAY)
    with use_catalogs(folder / "locales"):
        async with run_emulator() as emulator:
            for guild in emulator.world.guilds.values():
                guild.preferred_locale = LANGUAGE
            async with run_bot(folder, emulator) as running:
                yield running


def find_foreign(texts: list[str], brackets: str, other: str) -> list[str]:
    """The texts that have words outside of the brackets, or are in the other ones."""
    return [
        text
        for text in texts
        if find_untranslated(text, brackets) - _NAMES or set(other) & set(text)
    ]


async def read_posts(running: RunningBot) -> tuple[list[str], list[str]]:
    """What the bot has posted, also what was deleted: to admins, and to all."""
    admins: list[str] = []
    everyone: list[str] = []
    seen = await running.world()
    hooks = {str(one) for one in running.emulator.world.webhooks}
    for message in seen["messages"]:
        own = message["author"]["id"] == str(running.emulator.world.bot.id)
        if not (own or message.get("webhook_id") in hooks) or message["type"] not in (0, 19):
            continue
        is_alert = message["channel_id"] == str(running.channel("admins"))
        (admins if is_alert else everyone).extend(iterate_texts(message))
    people = {user.display_name for user in running.emulator.world.users.values()}
    for thread in seen["threads"]:
        author, _colon, words = thread["name"].partition(": ")
        everyone.append(words if author in people else thread["name"])
    return [text for text in admins if text], [text for text in everyone if text]


async def test_posts_are_in_the_essays_language_and_alerts_in_the_servers(tmp_path: Path) -> None:
    async with run(tmp_path) as running:
        await set_up(running)
        answers = await _play(running)
        admins, everyone = await read_posts(running)
    assert find_foreign(everyone, _ESSAY, _SERVER) == []
    assert find_foreign(admins, _SERVER, _ESSAY) == []
    assert len(admins) > 1
    assert len(everyone) > 15
    for answer in answers:
        assert not set(_SERVER) & set(answer), answer


async def _play(running: RunningBot) -> list[str]:
    """Everything that is posted under an essay; the answers to its admin."""
    answers = []
    draft = await running.run_command("essay publish", file=("a.md", ESSAY.encode()))
    answers.append(await running.answer_text(draft))
    await running.press(draft, "Publish")
    await running.settle()
    _card, part, *_, closing = await running.bot_messages()
    head = await reply(running)
    await running.write("Chloe", "||...||", to=part["id"])  # its thread gets a generic name
    await running.write("Dev", REPLY)  # the hint on how to answer
    await running.settle()
    await running.write("Ben", REPLY, to=head)  # it is moved, with a note
    await running.settle(60)
    await let_move(running, bring="link")
    await running.write("Dev", REPLY, to=head)
    await running.settle(60)
    with use_language(_ESSAYS_LANGUAGE):
        label = gettext("Answer")
    form = await press_answer(running, running.member("Ben"), closing, label=label)
    await submit(running, running.member("Ben"), form, REPLY, "1")
    await running.settle(9 * DAY)  # prompts, the last call, a nudge
    await forget(running, "Chloe")
    path = f"/channels/{running.channel()}/messages/{part['id']}"
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(60)
    shown = await running.run_command("essay show", options=_FIRST)
    answers.append(await running.answer_text(shown))
    await running.press(shown, "Restore")
    await running.settle(60)
    text = ESSAY.replace("Το ζυμάρι", "Κανένα ζυμάρι").encode()
    edit = await running.run_command("essay edit", options=_FIRST, file=("a.md", text))
    await running.press(edit, "Apply")
    await running.settle(DAY)
    answers.append(
        await running.answer_text(await running.run_command("essay close", options=_FIRST))
    )
    await reply(running)
    await running.press(await running.run_command("essay withdraw", options=_FIRST), "Withdraw")
    await running.settle(DAY)
    return answers


def test_the_check_finds_another_language() -> None:
    texts: list[str] = ["⟪One.⟫", "⟦Two.⟧", "Three.", "Ann: λόγια"]
    assert find_foreign(texts, _ESSAY, _SERVER) == ["⟦Two.⟧", "Three."]
    data: list[dict[str, Any]] = [{"content": "⟪One.⟫"}]
    assert list(iterate_texts(data)) == ["⟪One.⟫"]
    assert component_texts([]) == ""
