"""Front matter, metadata before a Markdown text: YAML, TOML, JSON or lines (``Slug: the-bay``)."""

from __future__ import annotations

import datetime
import html
import json
import re
import tomllib
from typing import Any

import yaml

from bot.core.essay.document import Metadata

__all__ = ["split_front_matter"]

_FLAGS = re.MULTILINE | re.DOTALL
_YAML = re.compile(r"\A---[ \t]*\n(?P<matter>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", _FLAGS)
_TOML = re.compile(r"\A\+\+\+[ \t]*\n(?P<matter>.*?)^\+\+\+[ \t]*(?:\n|\Z)", _FLAGS)
# The header of Pelican and MultiMarkdown: lines at the very beginning, up to an empty one.
_HEADER = re.compile(
    r"\A(?P<matter>(?:[A-Za-z][\w-]{0,30}[ \t]?:[^\n]*\n(?:[ \t]+\S[^\n]*\n)*)+)[ \t]*(?:\n|\Z)"
)
_HEADER_KEYS = frozenset(
    (
        *("title", "subtitle", "date", "author", "authors", "lang", "language", "url", "image"),
        *("cover", "copyright", "source"),
    )
)
#: Keys of a site generator alone: with one of them, such lines are no part of the text.
_GENERATOR_KEYS = frozenset(
    (
        *("tags", "tag", "category", "categories", "slug", "status", "summary", "modified"),
        *("template", "layout", "save_as", "permalink", "keywords", "series", "description"),
        *("draft", "css", "base_header_level", "gittime"),
    )
)
# Pandoc's title block: title, authors and date (Pandoc User's Guide: pandoc_title_block).
_TITLE_BLOCK = re.compile(
    r"\A%[ \t]*(?P<title>[^\n]*(?:\n[ \t]+\S[^\n]*)*)\n"
    r"%[ \t]*(?P<authors>[^\n]*(?:\n[ \t]+\S[^\n]*)*)(?:\n%[ \t]*(?P<date>[^\n]*))?[ \t]*(?:\n|\Z)"
)
_JSON_START = re.compile(r"\A\{\s*\"")
_MAX_LENGTH = 20_000  # characters
_USUAL_KEYS = frozenset(
    ("title", "layout", "date", "author", "tags", "categories", "description", "slug")
)
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]+)\]\]")
_KEY_AND_VALUE = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)$", re.MULTILINE)


def _parse(matter: str, *, toml: bool) -> dict[str, Any] | None:
    try:
        loaded = tomllib.loads(matter) if toml else yaml.safe_load(matter)
    except (tomllib.TOMLDecodeError, yaml.YAMLError, ValueError, RecursionError):
        # People write it by hand: a colon in a title must not lose everything.
        loaded = {key: value.strip().strip("'\"") for key, value in _KEY_AND_VALUE.findall(matter)}
    if not isinstance(loaded, dict) or not loaded:
        return None
    named = {
        key.strip().lower().replace("-", "_"): value
        for key, value in loaded.items()
        if isinstance(key, str) and " " not in key.strip()
    }
    # Keys of several words: prose between two rules; or, beside usual keys, a value that goes on
    # unindented on the next line.
    return named if len(named) == len(loaded) or len(_USUAL_KEYS & named.keys()) > 1 else None


def _to_text(value: Any) -> str | None:
    match value:
        case bool() | None:
            return None
        case str():
            # Obsidian writes names as links; page builders escape for HTML.
            text = _WIKI_LINK.sub(r"\1", html.unescape(value))
            return " ".join(text.split()) or None
        case [[str(name)]]:  # an unquoted [[link]] is a nested list in YAML
            return _to_text(name)
        case datetime.datetime() | datetime.date():
            return value.isoformat()
        case int() | float():
            return str(value)
        case {"name": str(name)}:
            return _to_text(name)
        case list():
            # Nested lists are not names, and YAML aliases could make them grow without end.
            items = [
                item for item in value[:20] if not isinstance(item, list) or _is_wiki_link(item)
            ]
            return ", ".join(found for item in items if (found := _to_text(item))) or None
        case _:
            return None


def _is_wiki_link(item: list[Any]) -> bool:
    """Whether a list is what YAML makes of ``[[Ann Lee]]``."""
    match item:
        case [[str()]]:
            return True
        case _:
            return False


def _first_text(matter: dict[str, Any], *keys: str) -> str | None:
    return next((found for key in keys if (found := _to_text(matter.get(key)))), None)


def _first_url(matter: dict[str, Any], *keys: str) -> str | None:
    for key in keys:
        value = matter.get(key)
        if isinstance(value, dict):
            value = value.get("url") or value.get("src") or value.get("image")
        found = _to_text(value)
        if found is not None and found.startswith(("http://", "https://")):
            return found
    return None


def _make_metadata(matter: dict[str, Any]) -> Metadata:
    epigraph, source = matter.get("epigraph"), None
    if isinstance(epigraph, dict):
        source = _first_text(epigraph, "source", "author", "by")
        epigraph = epigraph.get("text") or epigraph.get("quote")
    questions = matter.get("questions")
    asked = [questions] if isinstance(questions, str) else questions
    return Metadata(
        title=_first_text(matter, "title"),
        byline=_first_text(matter, "byline"),
        author=_first_text(matter, "author", "authors", "creator"),
        date=_first_text(matter, "date", "published", "pubdate", "publishdate"),
        language=_first_text(matter, "lang", "language", "locale"),
        source_url=_first_url(
            matter, "canonical_url", "canonical", "source_url", "source", "url", "link", "original",
            "permalink",
        ),
        cover_image=_first_url(
            matter, "cover_image", "cover", "image", "featured_image", "banner", "thumbnail", "hero"
        ),
        subtitle=_first_text(matter, "subtitle", "sub_title", "tagline", "standfirst", "dek"),
        epigraph=_to_text(epigraph),
        epigraph_source=source or _first_text(matter, "epigraph_source"),
        questions=tuple(
            text for item in (asked if isinstance(asked, list) else []) if (text := _to_text(item))
        ),
        postscript=_first_text(matter, "postscript"),
    )  # fmt: skip


def _read_json(text: str) -> tuple[Metadata, str] | None:
    """JSON at the beginning that names the title, as Hugo reads it."""
    if _JSON_START.match(text) is None:
        return None
    try:
        loaded, end = json.JSONDecoder().raw_decode(text[:_MAX_LENGTH])
    except (ValueError, RecursionError):
        return None
    rest = text[end:]
    if not isinstance(loaded, dict) or rest[:1] not in ("", "\n", "\r"):
        return None
    matter = {key.lower().replace("-", "_"): value for key, value in loaded.items()}
    return (_make_metadata(matter), rest) if "title" in matter else None


def _read_title_block(text: str) -> tuple[Metadata, str] | None:
    found = _TITLE_BLOCK.match(text, 0, _MAX_LENGTH)
    if found is None:
        return None
    names = [" ".join(name.split()) for name in re.split(r"[;\n]", found["authors"])]
    metadata = Metadata(
        title=" ".join(found["title"].split()) or None,
        author=", ".join(name for name in names if name) or None,
        date=(found["date"] or "").strip() or None,
    )
    return metadata, text[found.end() :]


def split_front_matter(text: str) -> tuple[Metadata, str]:
    """The metadata of the front matter, and the text after it.

    Prose between two rules at the start of a text isn't front matter.
    """
    for pattern in (_YAML, _TOML):
        found = pattern.match(text)
        if found is None or len(found["matter"]) > _MAX_LENGTH:
            continue
        matter = _parse(found["matter"], toml=pattern is _TOML)
        if matter is not None:
            return _make_metadata(matter), text[found.end() :]
    read = _read_json(text) or _read_title_block(text)
    if read is not None:
        return read
    header = _HEADER.match(text, 0, _MAX_LENGTH)
    if header is not None:
        matter = {
            key.lower().replace("-", "_"): value.strip().strip("'\"")
            for key, value in _KEY_AND_VALUE.findall(header["matter"])
        }
        if matter.keys() <= _HEADER_KEYS | _GENERATOR_KEYS and matter.keys() & _GENERATOR_KEYS:
            return _make_metadata(matter), text[header.end() :]
    return Metadata(), text
