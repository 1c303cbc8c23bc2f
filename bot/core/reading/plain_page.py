"""Recognise long pages that are nothing but one text, without a site's menus and boxes around it.

An extractor takes about as long for such a page as all of the rest, and leaves nothing out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["cut_middle", "is_plain_page"]

_MIN_LENGTH = 200_000  # characters of HTML; a shorter page takes no time
_HEAD, _END = 150_000, 30_000  # characters of HTML in which a page names its author and date
_MAX_LINK_SHARE = 0.5  # of a container's characters: with more links it may be a menu
_MIN_CONTAINER = 12  # characters of a container whose links count
_TAGS = frozenset(
    (
        *("html", "head", "title", "meta", "link", "style", "base", "body", "main", "article"),
        *("header", "section", "div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li"),
        *("dl", "dt", "dd", "blockquote", "pre", "hr", "br", "wbr", "figure", "figcaption", "img"),
        *("picture", "source", "table", "caption", "colgroup", "col", "thead", "tbody", "tfoot"),
        *("tr", "td", "th", "details", "summary", "address", "center", "a", "abbr", "b", "bdi"),
        *("bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark"),
        *("q", "rb", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub"),
        *("sup", "time", "tt", "u", "var"),
    )
)
_CONTAINERS = frozenset(("div", "section", "ul", "ol", "table", "dl", "header", "span", "li"))
_NAMES = frozenset(("class", "id", "role"))


def is_plain_page(text: str, root: Any, is_box: Callable[[Any], bool]) -> bool:
    """Whether a page is long and has only elements of text, none of them named like a site's box.

    root:   the tree of the page
    is_box: whether an element's names say that it isn't part of an article
    """
    if len(text) < _MIN_LENGTH:
        return False
    articles, has_links = 0, False
    for element in root.iter():
        tag = element.tag
        if tag not in _TAGS:
            return False
        articles += tag == "article"
        has_links = has_links or tag == "a"
        if element.attrib and not _NAMES.isdisjoint(element.attrib) and is_box(element):
            return False
    return articles < 2 and not (has_links and _has_menu(root))


def _has_menu(root: Any) -> bool:
    """Whether most of a container's text is links."""
    sizes: dict[Any, tuple[int, int]] = {}  # characters of each element, and those in links
    for element in reversed(list(root.iter())):
        length = len(element.text or "")
        linked = 0
        for child in element:
            one, other = sizes.pop(child)
            length += one + len(child.tail or "")
            linked += other
        if element.tag == "a":
            linked = length
        elif (
            element.tag in _CONTAINERS
            and length >= _MIN_CONTAINER
            and linked > _MAX_LINK_SHARE * length
        ):
            return True
        sizes[element] = (length, linked)
    return False


def cut_middle(text: str) -> str:
    """The beginning and the end of a long page's HTML."""
    if len(text) <= _HEAD + _END:
        return text
    start, end = text.rfind("<", 0, _HEAD), text.find("<", len(text) - _END)
    return text[:start] + (text[end:] if end > 0 else "")
