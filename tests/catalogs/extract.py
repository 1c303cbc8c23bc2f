"""Extracts every sentence that is translated: from the source, and from the commands' tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from discord import app_commands

from bot.app.client import Salon
from bot.clock import Clock
from bot.core.text.translate import CATALOGS, get_catalog_path
from bot.discord_api.command_translations import NAME
from storage.db.database import Database

__all__ = ["CommandText", "list_command_texts", "make_template", "read_catalog", "update_catalog"]

ROOT = Path(__file__).resolve().parents[2]
_FOLDERS = ("bot", "cogs", "storage")
#: Which functions take sentences, and as which of their arguments.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_noop": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class CommandText:
    """A text of a command. ``kind``: 'name', 'description', 'choice' or 'menu'.

    ``path``: the command or option whose text it is, such as ``essay publish file``.
    """

    kind: str
    path: str
    text: str


async def list_command_texts() -> list[CommandText]:
    """The texts of all commands that are registered with Discord."""
    salon = Salon(Database(Path(), None, []), Clock())
    await salon.load_cogs()
    try:
        return [text for one in salon.tree.get_commands() for text in _walk(one, "")]
    finally:
        await salon.close()


def _walk(one: Any, above: str) -> Iterator[CommandText]:
    path = f"{above} {one.name}".strip()
    if isinstance(one, app_commands.ContextMenu):
        yield CommandText("menu", path, one.name)
        return
    yield CommandText("name", path, one.name)
    yield CommandText("description", path, one.description)
    if isinstance(one, app_commands.Group):
        for child in one.commands:
            yield from _walk(child, path)
        return
    for parameter in one.parameters:
        place = f"{path} {parameter.display_name}"
        yield CommandText("name", place, parameter.display_name)
        yield CommandText("description", place, str(parameter.description))
        for choice in parameter.choices:
            yield CommandText("choice", place, choice.name)


async def make_template() -> Catalog:
    """A catalog of all sentences, without translations."""
    template = Catalog(project="Salon", charset="utf-8", fuzzy=False)
    for folder in _FOLDERS:
        found = extract_from_dir(
            ROOT / folder,
            method_map=[("emulator/**", "ignore"), ("**.py", "python")],
            keywords=KEYWORDS,
        )
        for name, _line, message, _comments, context in found:
            place = (Path(folder) / name).as_posix()
            template.add(message, None, [(place, 0)], context=context)
    for one in await list_command_texts():
        context = NAME if one.kind == "name" else None
        comment = f"/{one.path}: {one.kind}"
        template.add(one.text, None, auto_comments=[comment], context=context)
    return template


def read_catalog(language: str, folder: Path = CATALOGS) -> Catalog:
    """The catalog of a language; an empty one if it has none yet."""
    path = get_catalog_path(language, folder)
    if not path.exists():
        return Catalog(locale=language, project="Salon", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update_catalog(language: str, template: Catalog, folder: Path = CATALOGS) -> Catalog:
    """Add new sentences to a language's file, and remove those that aren't used any more.

    A sentence that was reworded a little keeps its translation, marked as fuzzy.
    """
    catalog = read_catalog(language, folder)
    created = catalog.creation_date
    catalog.update(template, update_creation_date=False)
    catalog.obsolete.clear()
    catalog.creation_date = created
    path = get_catalog_path(language, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(
            file,
            catalog,
            width=_WIDTH,
            sort_by_file=True,
            ignore_obsolete=True,
            include_lineno=False,
        )
    return catalog
