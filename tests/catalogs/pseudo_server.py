"""A server and members whose Discord is in the pseudo-language, and what Salon shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.dates import get_day_names

from bot.core.text.translate import use_catalogs
from bot.emulator.server import Emulator
from bot.emulator.world.events import GuildUpdated
from tests.catalogs.pseudo import BRACKETS, find_untranslated, write_pseudo_catalog
from tests.cogs.setup.test_panel import flat
from tests.support.running_bot import RunningBot, run_emulator

#: One of Discord's locales, which the pseudo-language borrows.
LANGUAGE = "fi"

#: In Greek letters, so that a word in Latin ones is Salon's: the essay, replies and names.
ESSAY = """# Αργό ψωμί

Της Άννας

Θέλει μια νύχτα να γίνει ένα ψωμί, και το περισσότερο είναι αναμονή.

Το ζυμάρι δεν νοιάζεται πόσο βιαζόμαστε.

Θα περιμένατε μια νύχτα για ψωμί;
"""
REPLY = "Θα περίμενα, αλλά όχι πρόθυμα."
_LATIN, _GREEK = "abcdefghijklmnopqrstuvwxyz", "αβψδεφγηιξκλμνοπθρστυωςχύζ"
_LETTERS = str.maketrans(_LATIN + _LATIN.upper(), _GREEK + _GREEK.upper())

#: Names of people, places and things, which no language translates.
_NAMES = {
    *("Ada", "Ann", "Ben", "Chloe", "Cleo", "Dev", "Eve", "Salon", "PluralKit", "Discord"),
    *("UTC", "English", "Suomi", "Markdown", "JSON", "Python", "SQLite", "discord", "py"),
    "Hello",  # a prompt that an admin adds
    *get_day_names("abbreviated", locale=LANGUAGE).values(),
}
#: The keys of what Discord shows of a component, a form or a choice.
_SHOWN = ("content", "label", "title", "placeholder", "description", "name")
_NOT_SHOWN = {
    *("author", "attachments", "mentions", "user", "member", "emoji", "embeds"),
    *("referenced_message", "message_snapshots", "interaction_metadata", "resolved", "thread"),
}


def put_in_greek_letters(text: str) -> str:
    """The text with a Greek letter for each Latin one."""
    return text.translate(_LETTERS)


def iterate_texts(data: Any, inside: str = "") -> Iterator[str]:
    """The texts that a client shows of a message, form or list of choices."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if isinstance(value, str) and key in _SHOWN and inside not in _NOT_SHOWN:
                yield value
            elif key not in _NOT_SHOWN:
                yield from iterate_texts(value, key)
    elif isinstance(data, list):
        for one in data:
            yield from iterate_texts(one, inside)


@dataclass
class Untranslated:
    """Collects the words that aren't translated, with where they are."""

    brackets: str = BRACKETS
    found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def look(self, data: Any, what: str) -> None:
        """Look at the texts of a message, form or list of choices."""
        for text in iterate_texts(data):
            for word in find_untranslated(text, self.brackets) - _NAMES:
                self.found[f"{what}: {text[:300]}"].add(word)

    async def look_at_posts(self, running: RunningBot) -> None:
        """Look at everything that the bot has posted, and at the names of its threads."""
        seen = await running.world()
        own = str(running.emulator.world.bot.id)
        for message in seen["messages"]:
            if message["author"]["id"] == own and message["type"] in (0, 19):
                self.look(message, "a message")
        people = {user.display_name for user in running.emulator.world.users.values()}
        for thread in seen["threads"]:
            author, _colon, words = thread["name"].partition(": ")
            self.look({"name": words if author in people else thread["name"]}, "a thread's name")

    def check(self) -> None:
        """Fail with all that was found."""
        found = [f"{sorted(words)} in {where}" for where, words in self.found.items()]
        assert not found, "\n".join(found)


@asynccontextmanager
async def run_pseudo_emulator(folder: Path) -> AsyncIterator[Emulator]:
    """An emulator with the pseudo-language; it is the only other one that there is."""
    await write_pseudo_catalog(folder / "locales", LANGUAGE)
    with use_catalogs(folder / "locales"):
        async with run_emulator() as emulator:
            for user in emulator.world.users.values():
                user.locale = LANGUAGE
            for guild in emulator.world.guilds.values():
                guild.preferred_locale = LANGUAGE
            yield emulator


async def announce_language(running: RunningBot) -> None:
    """Have the bot learn the server's locale."""
    world = running.emulator.world
    world.emit(GuildUpdated(world.guilds[running.server_id]))
    await running.settle()


async def press_kind(running: RunningBot, interaction: dict[str, Any], kind: str) -> dict[str, Any]:
    """Press the button below an answer that does ``kind`` (``draft:publish``)."""
    await running.settle()
    answer = await running.answer_message(interaction)
    (button,) = [
        part
        for part in flat(answer["components"])
        if part.get("custom_id", "").startswith(f"salon:{kind}:")
    ]
    data = {"component_type": 2, "custom_id": button["custom_id"]}
    return await running.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])


async def publish(
    running: RunningBot, name: str = "a.md", essay: str = ESSAY, **options: str
) -> list[dict[str, Any]]:
    """Publish an essay; the bot's new messages."""
    before = {message["id"] for message in await running.bot_messages()}
    given = [{"type": 3, "name": key, "value": value} for key, value in options.items()]
    draft = await running.run_command("essay publish", file=(name, essay.encode()), options=given)
    await press_kind(running, draft, "draft:publish")
    await running.settle()
    return [message for message in await running.bot_messages() if message["id"] not in before]
