"""Find the author of a web page, or nobody: a wrong name is worse than none.

What a page declares (JSON-LD, meta elements, ``rel=author``) is believed unless it is plainly no
name; what merely stands in an element that is named like a byline has to look like a person's name.
(schema.org: Article, author; HTML: 4.6.6.2 Link type "author".)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import regex

from bot.core.text.name_blocklist import CONTROLS, PLACEHOLDERS, SENTENCE_WORDS

__all__ = ["find_author", "is_plausible_author"]

_MAX_NAMES = 6
_MAX_LENGTH = 60  # characters of a name
_MAX_WORDS = 5
_BY = regex.compile(
    r"^(?:(?:written|posted|published|words|story|text)\s+)?(?:by|von|par|por|di|door|av|af)\s*:?\s+|"
    r"^(?:authors?|autor(?:in)?|auteur|autore|作者|著者|文)\s*[:：]\s*",
    regex.IGNORECASE,
)
_SEPARATOR = regex.compile(r"\s*(?:[;,|•·、，]|\band\b|\bund\b|\bet\b|&)\s*")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}'’]+")
_NO_NAME = regex.compile(
    r"^@|https?:|www\.|@\S+\.|\.\p{L}{2,}\b(?<!\.\p{Lu}\p{L})|[<>{}|\\/_=#%*]|\d{2,}"
)
_CAPITALIZED = regex.compile(
    r"\p{Lu}[\p{L}\p{M}'’.-]*(?:\s+(?:(?:de|da|di|du|del|della|der|den|van|von|bin|ibn|al|el|la|le|"
    r"y|e|zu|af|ten|ter|dos|das)\s+)*\p{Lu}[\p{L}\p{M}'’.-]*){1,4}"
)
_KANA_OR_HAN = r"[\p{Han}\p{Hiragana}\p{Katakana}]{1,4}"
_OTHER_LETTERS = r"[\p{Arabic}\p{Hebrew}\p{Devanagari}\p{Thai}\p{M}]+"
_CASELESS = regex.compile(
    rf"\p{{Han}}{{2,4}}|{_KANA_OR_HAN}[\s　]{_KANA_OR_HAN}|\p{{Hangul}}{{2,5}}|"
    rf"[\p{{Katakana}}ー・]{{4,20}}|{_OTHER_LETTERS}(?:\s+{_OTHER_LETTERS}){{1,4}}"
)
_BYLINE_CLASS = regex.compile(
    r"(?:^|\s)(?:byline|by-line|author|author-?name|author__name|post-?author|entry-?author|p-author|"
    r"article-?author|byline-?author|byline__author)(?:\s|$)",
    regex.IGNORECASE,
)
# A line such as "Posted by Ann Lee on Friday, 2 December 2022".
_POSTED = regex.compile(
    r"(?:(?P<verb>written|posted|published|words|story|text|geschrieben|veröffentlicht|écrit|publié|"
    r"escrito|publicado|scritto|pubblicato)\s+(?:(?:on|am|le|el|il)\s+[^,]{0,30}\d[^,]{0,12}?,?\s+)?)?"
    r"(?:by|von|par|por|di)\s*:?\s+(?P<who>\p{Lu}.{1,60}?)"
    r"(?:\s*(?:[,·|•–—]|\s-|\b(?:on|at|am|le|el|il|the)\b)\s*(?P<when>.{0,40}\d{4}.{0,20}))?",
    regex.IGNORECASE,
)
_POSTED_TAGS = frozenset(("p", "div", "span", "address", "li", "small", "em", "time"))
_ELSEWHERE = regex.compile(
    r"comment|related|sidebar|recommend|footer|widget|popular|trending|teaser", regex.IGNORECASE
)


def is_plausible_author(name: str, *, site: str | None = None, declared: bool = False) -> bool:
    """Whether a text can be somebody's name.

    site:     the site's name, which is no author unless it looks like a person's name
    declared: the page names it as its author, so that it may be a single word
    """
    words = [word.casefold() for word in _WORD.findall(name)]
    if not 0 < len(words) <= _MAX_WORDS or len(name) > _MAX_LENGTH or _NO_NAME.search(name):
        return False
    if all(word in PLACEHOLDERS or word.isdigit() for word in words):
        return False
    if any(word in CONTROLS for word in words) or words[0] in PLACEHOLDERS:
        return False
    if any(word in SENTENCE_WORDS for word in words):
        return False
    person = _CAPITALIZED.fullmatch(name) or _CASELESS.fullmatch(name)
    if site is not None and name.casefold() == site.casefold() and not (person and declared):
        return False
    return bool(person) or (declared and regex.search(r"\p{L}", name) is not None)


def _split(text: str) -> list[str]:
    text = _BY.sub("", " ".join(text.split()))
    if _CASELESS.fullmatch(text) or _CAPITALIZED.fullmatch(text):
        return [text]
    return [part.strip() for part in _SEPARATOR.split(text) if part.strip()]


def find_author(root: Any, found: str | None) -> str | None:
    """The names of a page's authors, separated by commas; None rather than something else.

    found: what an extractor guessed
    """
    site = next(
        (one.get("content") for one in root.iter("meta") if one.get("property") == "og:site_name"),
        None,
    )
    for declared, texts in (
        (True, _find_declared(root)),
        (False, _find_bylines(root)),
        (False, [found] if found else []),
        (False, _find_posted(root)),
    ):
        names = [
            name
            for text in texts
            for name in _split(text)
            if is_plausible_author(name, site=site, declared=declared)
        ]
        if names:
            return ", ".join(list(dict.fromkeys(names))[:_MAX_NAMES])
    return None


def _find_declared(root: Any) -> Iterator[str]:
    """What JSON-LD, else the meta elements, name as the author."""
    names = [
        name
        for script in root.iter("script")
        if (script.get("type") or "").lower() == "application/ld+json"
        for name in _read_linked_data(script.text or "")
    ]
    if names:
        yield from names
        return
    wanted = ("author", "article:author", "dc.creator", "dcterms.creator", "parsely-author",
              "sailthru.author", "citation_author")  # fmt: skip
    for meta in root.iter("meta"):
        key = (meta.get("name") or meta.get("property") or "").lower()
        if key in wanted and (meta.get("content") or "").strip():
            yield meta.get("content")


def _read_linked_data(text: str) -> list[str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return []
    items = data if isinstance(data, list) else [data]
    graphs = [item.get("@graph") for item in items if isinstance(item, dict)]
    items = items + [one for graph in graphs if isinstance(graph, list) for one in graph]
    for item in items:
        kind = item.get("@type") if isinstance(item, dict) else None
        kinds = kind if isinstance(kind, list) else [kind]
        if any(isinstance(one, str) and one.endswith(("Article", "Posting")) for one in kinds):
            names = list(_read_people(item.get("author")))
            if names:
                return names
    return []


def _read_people(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict) and "Organization" not in str(one.get("@type")):
            one = one.get("name")
        if isinstance(one, str) and one.strip():
            yield one


def _find_bylines(root: Any) -> Iterable[str]:
    """The texts of elements that are marked as bylines, outside of comments and link lists."""
    for element in root.iter():
        if not element.attrib or not isinstance(element.tag, str):
            continue
        marked = (
            "author" in (element.get("rel") or "").lower().split()
            or "author" in (element.get("itemprop") or "").lower().split()
            or _BYLINE_CLASS.search(element.get("class") or "") is not None
        )
        if not marked or element.tag in ("meta", "link", "body", "html", "article"):
            continue
        if _is_elsewhere(element):
            continue
        text = " ".join(element.text_content().split())
        if 0 < len(text) <= 2 * _MAX_LENGTH:
            return [text]
    return []


def _find_posted(root: Any) -> Iterator[str]:
    """The name in the first line that says by whom the page was posted, and when."""
    for element in root.iter(*_POSTED_TAGS):
        text = " ".join((element.text or "").split())
        if element.tag != "span" and len(element):
            text = " ".join(element.text_content().split())
        if not 0 < len(text) <= 2 * _MAX_LENGTH:
            continue
        line = _POSTED.fullmatch(text)
        if line is None or not (line["verb"] or line["when"]) or _is_elsewhere(element):
            continue
        yield line["who"]
        return


def _is_elsewhere(element: Any) -> bool:
    """Whether an element is in a comment, a footer or a list of other articles."""
    return any(
        one.tag in ("footer", "aside", "nav")
        or _ELSEWHERE.search(f"{one.get('class') or ''} {one.get('id') or ''}")
        for one in (element, *element.iterancestors())
    )
