"""Front matter: what stands in YAML or TOML before a Markdown text."""

from __future__ import annotations

import datetime
import re
import tomllib
from typing import Any

import yaml

from bot.core.essay.document import Metadata

__all__ = ["split_front_matter"]

_FLAGS = re.MULTILINE | re.DOTALL
_YAML = re.compile(r"\A---[ \t]*\n(?P<matter>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", _FLAGS)
_TOML = re.compile(r"\A\+\+\+[ \t]*\n(?P<matter>.*?)^\+\+\+[ \t]*(?:\n|\Z)", _FLAGS)
_LONGEST = 20_000  # characters
_USUAL = frozenset(
    ("title", "layout", "date", "author", "tags", "categories", "description", "slug")
)
_PAIR = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)$", re.MULTILINE)


def _mapping(matter: str, *, toml: bool) -> dict[str, Any] | None:
    try:
        loaded = tomllib.loads(matter) if toml else yaml.safe_load(matter)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError):
        # Front matter is written by hand: a stray colon in a title is no reason to lose it.
        loaded = {key: value.strip().strip("'\"") for key, value in _PAIR.findall(matter)}
    if not isinstance(loaded, dict) or not loaded:
        return None
    named = {
        key.strip().lower().replace("-", "_"): value
        for key, value in loaded.items()
        if isinstance(key, str) and " " not in key.strip()
    }
    # A text that runs on below its key, unindented, is read as keys of many words.
    return named if len(named) == len(loaded) or len(_USUAL & named.keys()) > 1 else None


def _text(value: Any) -> str | None:
    match value:
        case bool() | None:
            return None
        case str():
            return " ".join(value.split()) or None
        case datetime.datetime() | datetime.date():
            return value.isoformat()
        case int() | float():
            return str(value)
        case {"name": str(name)}:
            return _text(name)
        case list():
            # Lists in lists are no names; and aliases could make them grow without end.
            items = [item for item in value[:20] if not isinstance(item, list)]
            return ", ".join(found for item in items if (found := _text(item))) or None
        case _:
            return None


def _first(matter: dict[str, Any], *keys: str) -> str | None:
    return next((found for key in keys if (found := _text(matter.get(key)))), None)


def _web(matter: dict[str, Any], *keys: str) -> str | None:
    for key in keys:
        value = matter.get(key)
        if isinstance(value, dict):
            value = value.get("url") or value.get("src") or value.get("image")
        found = _text(value)
        if found is not None and found.startswith(("http://", "https://")):
            return found
    return None


def _metadata(matter: dict[str, Any]) -> Metadata:
    epigraph, source = matter.get("epigraph"), None
    if isinstance(epigraph, dict):
        source = _first(epigraph, "source", "author", "by")
        epigraph = epigraph.get("text") or epigraph.get("quote")
    questions = matter.get("questions")
    asked = [questions] if isinstance(questions, str) else questions
    return Metadata(
        title=_first(matter, "title"),
        byline=_first(matter, "byline"),
        author=_first(matter, "author", "authors", "creator"),
        date=_first(matter, "date", "published", "pubdate", "publishdate"),
        language=_first(matter, "lang", "language", "locale"),
        source_url=_web(
            matter, "canonical_url", "canonical", "source_url", "source", "url", "link", "original",
            "permalink",
        ),
        cover_image=_web(
            matter, "cover_image", "cover", "image", "featured_image", "banner", "thumbnail", "hero"
        ),
        epigraph=_text(epigraph),
        epigraph_source=source or _first(matter, "epigraph_source"),
        questions=tuple(
            found for item in (asked if isinstance(asked, list) else []) if (found := _text(item))
        ),
        postscript=_first(matter, "postscript"),
    )  # fmt: skip


def split_front_matter(text: str) -> tuple[Metadata, str]:
    """What the front matter says, and the text behind it.

    Two rules at the start of a text with prose between them are no front matter.
    """
    for pattern in (_YAML, _TOML):
        found = pattern.match(text)
        if found is None or len(found["matter"]) > _LONGEST:
            continue
        matter = _mapping(found["matter"], toml=pattern is _TOML)
        if matter is not None:
            return _metadata(matter), text[found.end() :]
    return Metadata(), text
