"""Registration of the commands with Discord, with their translations."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.core.text.translate import get_catalog_path, use_catalogs
from tests.support.running_bot import RunningBot, run_bot, run_emulator


def write_names(folder: Path, language: str, name: str, description: str) -> None:
    """Write a catalog with the name and the description of one command."""
    catalog = Catalog(locale=language)
    catalog.add("doctor", name, context="name")
    catalog.add("Check what keeps Salon from working here.", description)
    path = get_catalog_path(language, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog)


def names_of(running: RunningBot) -> dict[str, str]:
    """The translated names of one command, as Discord has them."""
    commands = running.emulator.world.commands.values()
    (doctor,) = [command for command in commands if command.name == "doctor"]
    return dict(doctor.body["name_localizations"] or {})


def version_of(running: RunningBot) -> int:
    return max(command.version for command in running.emulator.world.commands.values())


async def test_commands_are_registered_again_only_when_a_language_is_new(tmp_path: Path) -> None:
    folder = tmp_path / "locales"
    folder.mkdir()
    async with run_emulator() as emulator:
        with use_catalogs(folder):
            async with run_bot(tmp_path, emulator) as running:
                assert names_of(running) == {}
                before = version_of(running)
            async with run_bot(tmp_path, emulator) as running:
                assert version_of(running) == before
        write_names(folder, "de", "untersuchen", "Prüfen, was fehlt.")
        with use_catalogs(folder):
            async with run_bot(tmp_path, emulator) as running:
                assert names_of(running) == {"de": "untersuchen"}
                assert version_of(running) > before
                answer = await running.answer_text(await running.run_command("doctor"))
                assert answer, "a command is still known by its English name"


async def test_a_regional_language_is_given_for_its_own_locale_alone(tmp_path: Path) -> None:
    folder = tmp_path / "locales"
    write_names(folder, "pt_BR", "diagnosticar", "Verificar o que falta.")
    write_names(folder, "es", "diagnosticar", "Comprobar lo que falta.")
    with use_catalogs(folder):
        async with run_emulator() as emulator, run_bot(tmp_path, emulator) as running:
            assert names_of(running) == {
                "pt-BR": "diagnosticar",
                "es-ES": "diagnosticar",
                "es-419": "diagnosticar",
            }
