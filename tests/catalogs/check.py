"""Checks a language's catalog: complete, same placeholders, and within Discord's limits."""

from __future__ import annotations

import re
import string
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from babel.messages.catalog import Catalog, Message

from bot.core import limits
from bot.discord_api.command_translations import NAME
from tests.catalogs.extract import CommandText

__all__ = ["check_catalog", "check_commands"]

#: docs: Application Commands › Application Command Naming; in lower case where there is one.
_NAME = re.compile(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}")
_MAX_COMMAND = 8_000
_MOST = {"name": 32, "menu": 32, "description": 100, "choice": limits.CHOICE}


def check_catalog(catalog: Catalog, template: Catalog) -> list[str]:
    """What is wrong with the translations; each as a line."""
    wanted = {(one.context, _get_id(one)): one for one in template if one.id}
    found = {(one.context, _get_id(one)): one for one in catalog if one.id}
    faults = [
        f"isn't in the catalog: {_quote(wanted[one])}" for one in wanted.keys() - found.keys()
    ]
    faults += [f"isn't used: {_quote(found[one])}" for one in found.keys() - wanted.keys()]
    for key in sorted(wanted.keys() & found.keys(), key=str):
        faults += _check_message(found[key], wanted[key], catalog.num_plurals)
    return faults


def _get_id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _quote(message: Message) -> str:
    return f"“{_get_id(message)[:70]}”"


def _check_message(message: Message, wanted: Message, plurals: int) -> Iterator[str]:
    name = _quote(message)
    if message.fuzzy:
        yield f"is fuzzy: {name}"
    if isinstance(wanted.id, str) is not isinstance(message.id, str):
        yield f"has a plural only on one side: {name}"
        return
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    expected = 1 if isinstance(message.id, str) else plurals
    if len(forms) != expected or not all(forms):
        yield f"isn't translated: {name}"
        return
    ids = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    allowed = set().union(*(_get_placeholders(one) or set() for one in ids))
    for form in forms:
        used = _get_placeholders(form)
        if used is None:
            yield f"has an open brace: {name}"
        # The form for one may say "one" instead of the count.
        elif used - allowed or allowed - used - ({"count"} if expected > 1 else set()):
            yield f"has other placeholders ({', '.join(sorted(used)) or 'none'}): {name}"


def _get_placeholders(text: str) -> set[str] | None:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        return None


def check_commands(catalog: Catalog, texts: Sequence[CommandText]) -> list[str]:
    """Whether Discord takes the translations of the commands' texts."""
    faults = []
    names: dict[str, Counter[str]] = defaultdict(Counter)
    lengths: Counter[str] = Counter()
    for one in texts:
        text = _translate(catalog, one)
        if len(text) > _MOST[one.kind]:
            faults.append(f"has more than {_MOST[one.kind]} characters: /{one.path}: “{text}”")
        if one.kind == "name":
            names[one.path.rpartition(" ")[0]][text] += 1
            if not _NAME.fullmatch(text) or text != text.lower():
                faults.append(f"is no name of a command or option: /{one.path}: “{text}”")
        lengths[one.path.split()[0] if one.kind != "menu" else one.path] += max(
            len(text), len(one.text)
        )
    for path, counts in names.items():
        faults += [f"is twice in /{path}: “{name}”" for name, count in counts.items() if count > 1]
    faults += [
        f"has more than {_MAX_COMMAND} characters in all: /{command}"
        for command, length in lengths.items()
        if length > _MAX_COMMAND
    ]
    return faults


def _translate(catalog: Catalog, one: CommandText) -> str:
    message = catalog.get(one.text, NAME if one.kind == "name" else None)
    return str(message.string) if message is not None and message.string else one.text
