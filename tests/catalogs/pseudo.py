"""A pseudo-language: every sentence in brackets and longer, so that what isn't translated shows."""

from __future__ import annotations

import math
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.core.text.translate import get_catalog_path
from bot.discord_api.command_translations import NAME
from tests.catalogs.extract import make_template

__all__ = ["BRACKETS", "NAME_PREFIX", "find_untranslated", "write_pseudo_catalog"]

BRACKETS = "⟦⟧"

NAME_PREFIX = "xx-"
#: How much longer than English a sentence is: about as much as the longest translations are.
_LONGER = 1.4
_PADDING = "·"
#: Values that are in a text: mentions and times, code, addresses, files, time zones.
_VALUE = re.compile(r"<[^<>\s]*>|`[^`]*`|https?://[^\s·⟦⟧⟪⟫]+|\S+\.(?:html|json|md)\b|\w+/[\w/+-]+")
_WORD = re.compile(r"[A-Za-z]{2,}")


def _widen(sentence: str, brackets: str) -> str:
    padding = _PADDING * max(0, math.ceil(_LONGER * len(sentence)) - len(sentence) - 2)
    return f"{brackets[0]}{sentence}{padding}{brackets[1]}"


async def write_pseudo_catalog(folder: Path, language: str, brackets: str = BRACKETS) -> None:
    """Write the pseudo-language as the catalog of a language, with its own plural rule."""
    catalog = Catalog(locale=language)
    for message in await make_template():
        if not message.id:
            continue
        if message.context == NAME:
            catalog.add(message.id, f"{NAME_PREFIX}{message.id}", context=NAME)
        elif isinstance(message.id, str):
            catalog.add(message.id, _widen(message.id, brackets), context=message.context)
        else:
            one, many = message.id
            forms = (_widen(one, brackets), *[_widen(many, brackets)] * (catalog.num_plurals - 1))
            catalog.add(message.id, forms, context=message.context)
    path = get_catalog_path(language, folder)
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, catalog)


def find_untranslated(text: str, brackets: str = BRACKETS) -> set[str]:
    """The words in Latin letters that are in no brackets, and no value such as a mention."""
    text = _VALUE.sub(" ", text)
    bracketed = re.compile(rf"{brackets[0]}[^{brackets}]*{brackets[1]}")
    while (shorter := bracketed.sub(" ", text)) != text:
        text = shorter
    return set(_WORD.findall(text))
