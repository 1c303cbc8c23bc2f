"""``scripts/catalogs``: extract the sentences that are translated, and check the translations.

extract [LANGUAGE...]  update every catalog, and begin those of the languages named (de, pt_BR)
template FILE          write all sentences without translations (.pot)
check                  whether every catalog is complete, and what Discord would refuse in it
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from babel.messages.pofile import write_po

from bot.core.text.translate import ENGLISH, get_catalog_path, get_languages
from tests.catalogs.check import check_catalog, check_commands
from tests.catalogs.extract import list_command_texts, make_template, read_catalog, update_catalog

_USAGE = 64


def _list_languages() -> list[str]:
    return [one for one in get_languages() if one != ENGLISH]


async def _extract(languages: list[str]) -> int:
    template = await make_template()
    for language in sorted({*_list_languages(), *languages}):
        catalog = update_catalog(language, template)
        left = sum(bool(one.id) and (one.fuzzy or not _is_translated(one)) for one in catalog)
        print(f"{get_catalog_path(language)}: {len(catalog)} sentences, {left} to translate")
    return 0


def _is_translated(message: object) -> bool:
    text = getattr(message, "string", "")
    return bool(text) if isinstance(text, str) else bool(text) and all(text)


async def _write_template(file: Path) -> int:
    template = await make_template()
    with file.open("wb") as output:
        write_po(output, template, sort_by_file=True, include_lineno=False)
    return 0


async def _check() -> int:
    template, texts = await make_template(), await list_command_texts()
    failed = False
    for language in _list_languages():
        catalog = read_catalog(language)
        for fault in (*check_catalog(catalog, template), *check_commands(catalog, texts)):
            failed = True
            print(f"{language}: {fault}")
    return int(failed)


def main(arguments: list[str]) -> int:
    """Run the command line; its exit status."""
    match arguments:
        case ["extract", *languages]:
            return asyncio.run(_extract(languages))
        case ["template", file]:
            return asyncio.run(_write_template(Path(file)))
        case ["check"]:
            return asyncio.run(_check())
        case _other:
            print(__doc__)
            return 0 if arguments in ([], ["--help"]) else _USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
