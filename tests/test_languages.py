"""The user's, the server's and the essay's language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.read_essay import read_essay
from bot.core.text.translate import gettext_noop
from bot.emulator.world.events import GuildUpdated
from bot.languages import choose_essay_language, get_discussion_language, get_server_language
from storage.db.writer import Transaction
from storage.servers import languages, settings
from tests.cogs.setup.test_panel import text_of, use
from tests.support.catalogs import Sentences, use_sentences
from tests.support.running_bot import RunningBot, running_bot, wait_until

_SETUP = "**Language** of alerts and the digest, and of messages under essays in other languages"
_GERMAN: Sentences = {gettext_noop(_SETUP): "**Sprache** von Hinweisen und Wochenrückblick"}

_ENGLISH_ESSAY = "# Bread\n\nThe dough is what it is, and the night is long with it.\n"
_GERMAN_ESSAY = "# Brot\n\nDer Teig ist nicht fertig, und die Nacht ist lang mit ihm.\n"


@pytest.fixture(autouse=True)
def _catalogs(tmp_path: Path) -> Iterator[None]:
    with use_sentences(tmp_path / "locales", {"de": _GERMAN}):
        yield


async def server_language(running: RunningBot) -> str:
    return await running.database.read(lambda tx: get_server_language(tx, running.server_id))


async def set_locale(running: RunningBot, locale: str) -> None:
    world = running.emulator.world
    guild = world.guilds[running.server_id]
    guild.preferred_locale = locale
    world.emit(GuildUpdated(guild))

    async def recorded() -> bool:
        return locale == await running.database.read(
            lambda tx: languages.get_server_tag(tx, running.server_id)
        )

    await wait_until(recorded, f"the server's locale to be {locale}")


async def test_a_command_and_its_controls_answer_in_the_users_language(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        running.member().locale = "de"
        panel = await running.run_command("setup")
        assert "**Sprache** von" in await text_of(running, panel)
        running.member().locale = "en-US"
        await use(running, panel, "numbers")
        assert _SETUP in await text_of(running, panel)
        running.member().locale = "fr"  # there is no catalog
        await use(running, panel, "numbers")
        assert _SETUP in await text_of(running, panel)
        running.member().locale = "de"
        await use(running, panel, "numbers")
        assert "**Sprache** von" in await text_of(running, panel)


async def test_a_servers_language_is_its_discord_locale_until_an_admin_chooses_another(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        assert await server_language(running) == "en"
        await set_locale(running, "de")
        assert await server_language(running) == "de"
        await set_locale(running, "fr")
        assert await server_language(running) == "en"
        panel = await running.run_command("setup")
        await use(running, panel, "language", "de")
        assert await server_language(running) == "de"
        await use(running, panel, "language", "discord")
        assert await server_language(running) == "en"


async def test_an_essays_language_is_its_own_else_the_servers(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:

        async def find_language(text: str, server: str) -> str:
            async def choose(tx: Transaction) -> str:
                await settings.register_server(tx, running.server_id, "", 0)
                await settings.set_language(tx, running.server_id, server)
                essay = read_essay(text, format="markdown")
                return await choose_essay_language(tx, running.server_id, essay)

            return await running.database.write(choose)

        assert await find_language(_GERMAN_ESSAY, "en") == "de"
        assert await find_language(_ENGLISH_ESSAY, "de") == "en"
        assert await find_language(f"---\nlang: de-AT\n---\n{_ENGLISH_ESSAY}", "en") == "de"
        for server in ("de", "en"):
            assert await find_language("# 1\n\nパンを焼くには一晩かかる。", server) == server
            assert await find_language(f"---\nlang: fi\n---\n{_ENGLISH_ESSAY}", server) == server
            assert await find_language("# 1\n\n1 + 1 = 2", server) == server


@pytest.mark.parametrize(
    ("essay", "locale", "language", "question"),
    [
        (_GERMAN_ESSAY, "en-US", "de", "Was meint ihr?"),
        (_ENGLISH_ESSAY, "de", "en", "What do you think?"),
        ("# 1\n\nパンを焼くには一晩かかる。", "de", "de", "あなたはどう思いますか？"),
        ("# 1\n\n1 + 1 = 2\n", "de", "de", "Was meint ihr?"),
    ],
)
async def test_a_published_essay_is_closed_in_its_language(
    essay: str, locale: str, language: str, question: str, tmp_path: Path
) -> None:
    async with running_bot(tmp_path) as running:
        await set_locale(running, locale)
        running.member().locale = "fr"
        posted = await running.publish(essay)
        assert posted[-1]["content"].startswith(question)
        assert language == await running.database.read(
            lambda tx: get_discussion_language(tx, running.server_id, 1)
        )
