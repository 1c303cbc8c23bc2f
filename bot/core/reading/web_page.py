"""The article of a web page.

trafilatura tells which text of a page is the article, and what the page says of itself. Its own
output loses nested lists, line breaks in code and footnotes, so the article is then read from the
page: the smallest element that holds nearly all of that text, without what trafilatura left out
of it and which is named like navigation, sharing or advertising.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import trafilatura
from lxml import etree, html
from trafilatura.metadata import extract_metadata

from bot.core.essay.blocks import get_block_text
from bot.core.essay.document import Document, Metadata
from bot.core.reading.html import read_html
from bot.core.reading.math import replace_formulas

__all__ = ["read_web_page"]

_ENOUGH = 0.9  # of the article's characters, for an element to be the article
_WORTH = 40  # letters of a paragraph that stands outside of that element and is kept all the same
_HALF = 0.5  # of what trafilatura took, which must be found again in the page
_MOSTLY_LINKS = 0.6  # of the text of a list or box
_SOME_LINKS = 0.3  # of the text of an article's own footer
_MOST_OF_TITLE = 0.4  # of the page's title: a heading that is less of it is the site's name
_PARTED = re.compile(r"\s*(?:[|»·/]|\s[-–—:])")  # what stands before the site's name
_FAR_MORE = 4  # times the article's characters
_A_LOT = 800  # letters of an article that trafilatura will have found whole
_PROSE = 200  # letters of the paragraphs of a further box of the article
_MISSED = 0.5  # of the article that was found: so much more has to be in further boxes
_PARTING = frozenset(("h1", "h2", "h3", "article", "time"))
_BLANKS = re.compile(r"\s+")
_LETTERS = re.compile(r"\W+")
_BESIDE = re.compile(
    r"(?:^|[\s_-])(?:nav(?:bar|igation)?|menu|breadcrumbs?|share|sharing|social|related|"
    r"recommend(?:ed|ations)?|promo(?:tion)?|advert(?:isement|s)?|ads?|sponsor(?:ed)?|newsletter|"
    r"subscribe|subscription|signup|cookie|consent|popup|modal|sidebar|toolbar|pagination|pager|"
    r"comments?|comment-?list|respond|disqus|tags?|tag-?cloud|post-?tags|categories|"
    r"entry-?meta|post-?meta|skip-?link|screen-?reader(?:-text)?|visually-?hidden|"
    r"sr-?only|print-?only|toc|table-of-contents|edit-?link|headerlink|anchor-?link|"
    r"mw-editsection|noprint|site-?(?:header|footer)|masthead|widget|author-?(?:box|bio)|about-?(?:the-?)?author|"
    r"jp-\w+|teasers?|sociable|likes|upsell|paywall|read-?(?:more|next)|up-?next|entry-?footer|"
    r"post-?footer)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NEVER = frozenset(
    (
        *("script", "style", "template", "noscript", "iframe", "object", "svg", "canvas", "nav"),
        *("select", "textarea", "button", "dialog", "link", "meta", "form", "aside", "footer"),
    )
)
_ALWAYS = frozenset(("script", "style", "template", "noscript", "svg", "link", "meta"))
_ROLES = frozenset(("navigation", "search", "complementary", "banner", "dialog", "contentinfo"))
_CONTAINERS = frozenset(("div", "section", "ul", "ol", "table", "dl", "header", "span"))
_TEXTUAL = frozenset(
    (
        *("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "td", "th", "dd"),
        *("dt", "figcaption", "div", "section", "article", "main", "body", "summary", "caption"),
    )
)


def _key(text: str) -> str:
    return _LETTERS.sub("", text).casefold()


def _tree(text: str) -> Any:
    # lxml takes no text that declares an encoding of its own, so it is given bytes.
    parser = html.HTMLParser(
        huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    root = html.document_fromstring(text.encode("utf-8"), parser=parser)
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise RecursionError("what is deeper is missing from the tree")
    return root


def _article_keys(text: str, address: str | None) -> list[str]:
    found = trafilatura.extract(
        text, url=address, output_format="txt", include_comments=False, include_tables=True,
        deduplicate=False,
    )  # fmt: skip
    lines = (line.strip(" -|#\t") for line in (found or "").split("\n"))
    return [key for line in lines if len(key := _key(line)) >= 12]


def _own_text(element: Any) -> str:
    """The text of a block that is not the text of a block inside it; a line for each ``<br>``."""
    pieces: list[str] = [_BLANKS.sub(" ", element.text or "")]
    for child in element:
        if isinstance(child.tag, str):
            if child.tag == "br":
                pieces.append("\n")
            elif child.tag not in _TEXTUAL and child.tag not in _ALWAYS:
                pieces.append(_own_text(child))
            pieces.append(_BLANKS.sub(" ", child.tail or ""))
    return "".join(pieces)


class _Credits:
    """How many of the article's characters each element holds."""

    def __init__(self, root: Any, keys: list[str]) -> None:
        self._wanted = frozenset(keys)
        self._joined = "\n".join(keys)
        self.of: dict[Any, int] = {}
        self.own: dict[Any, int] = {}
        self.total = 0
        for element in _bottom_up(root):
            credit = sum(self.of.get(child, 0) for child in element)
            if element.tag in _TEXTUAL:
                text = _own_text(element)
                own = self._found(_key(text)) or sum(
                    self._found(_key(line)) for line in text.split("\n")
                )
                if own:
                    credit += own
                    self.own[element] = own
            self.of[element] = credit
        self.total = self.of.get(root, 0)

    def believe(self, element: Any) -> None:
        """Take an element that trafilatura left out for the article's."""
        letters = len(_key(element.text_content()))
        if letters and not self.of.get(element, 0):
            self.own[element] = letters
            self.total += letters
            for one in (element, *element.iterancestors()):
                self.of[one] = self.of.get(one, 0) + letters

    def _found(self, key: str) -> int:
        """The length of a text that is the article's; 0 for one that is not."""
        mine = len(key) >= 12 and (
            key in self._wanted or (len(key) < 5_000 and key in self._joined)
        )
        return len(key) if mine else 0


def _bottom_up(root: Any) -> Iterator[Any]:
    walked = [element for element in root.iter() if isinstance(element.tag, str)]
    yield from reversed(walked)


def _article(root: Any, credits_: _Credits) -> Any:
    element = root
    while True:
        inner = max(
            (child for child in element if isinstance(child.tag, str)),
            key=lambda child: credits_.of.get(child, 0),
            default=None,
        )
        if inner is None or credits_.of.get(inner, 0) < _ENOUGH * credits_.total:
            return element
        if inner.tag in ("p", "li", "td", "th", "h1", "blockquote"):
            return element
        element = inner


def _with_outliers(article: Any, credits_: _Credits) -> Any:
    """The element that holds the article and what trafilatura took from beside it.

    A lead or a last paragraph often stands in a box of its own. Of all that is not in ``article``
    only such paragraphs are left.
    """
    outliers = [
        element
        for element in credits_.of
        if element.tag in _TEXTUAL
        and credits_.own.get(element, 0) >= _WORTH
        and not any(one is article for one in (element, *element.iterancestors()))
    ]
    if not outliers:
        return article
    kept = {article, *article.iterancestors(), *article.iterdescendants()}
    whole = article
    for element in outliers:
        kept.update((element, *element.iterdescendants(), *element.iterancestors()))
        while whole is not element and not any(one is whole for one in element.iterancestors()):
            whole = whole.getparent()
    for element in [e for e in whole.iterdescendants() if isinstance(e.tag, str)]:
        if element.getparent() is not None and element not in kept:
            element.drop_tree()
    return whole


def _believe_boxes(root: Any, article: Any, credits_: _Credits) -> None:
    """Credit the further boxes of an article that the page has in several, ads between them.

    They are of the same kind as ``article`` and hold prose; and no heading or date stands between
    two of them, as it does between the posts of a blog.
    """
    kind = article.get("class")
    if article.tag not in ("div", "section") or not kind:
        return
    row: list[Any] = []  # the boxes in their order, None where something parts them
    inside: Any = None
    for element in root.iter():
        if inside is not None and any(one is inside for one in element.iterancestors()):
            continue
        inside = None
        if element.tag == article.tag and element.get("class") == kind:
            inside = element
            row.append(element)
        elif element.tag in _PARTING:
            row.append(None)
    if article not in row:
        return
    at = row.index(article)
    after = itertools.takewhile(lambda box: box is not None, row[at + 1 :])
    before = itertools.takewhile(lambda box: box is not None, reversed(row[:at]))
    missed: list[Any] = []
    for box in (*before, *after):
        prose = [p for p in box.iter("p") if _link_density(p) < _SOME_LINKS]
        if _letters(prose) >= _PROSE:
            missed += prose
    # A little more of the same kind is a box about the writer or the site.
    if _letters(missed) >= _MISSED * credits_.total:
        for p in missed:
            credits_.believe(p)


def _letters(elements: Iterable[Any]) -> int:
    return sum(len(_key(element.text_content())) for element in elements)


def _beside(element: Any, credits_: _Credits) -> bool:
    """Whether an element in the article is not of it."""
    tag = element.tag
    if tag in _ALWAYS or element.get("hidden") is not None:
        return True
    if _HIDDEN.search(element.get("style") or ""):
        return True
    if credits_.of.get(element, 0):
        return False
    if tag == "footer" and any(True for _ in element.iterancestors("article")):
        return _link_density(element) > _SOME_LINKS
    if tag in _NEVER or element.get("role") in _ROLES:
        return True
    if tag in ("body", "article", "main", "p", "pre", "code", "blockquote"):
        return False
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if "embed" in names and element.find(".//blockquote") is not None:
        return False  # a post of a social network that the essay quotes
    if tag in ("ul", "ol") and not names.strip() and _goes_on(element, credits_):
        return False  # a list of links that the essay gives
    if tag in _CONTAINERS and _link_density(element) > _MOSTLY_LINKS:
        return True
    return _BESIDE.search(names) is not None


def _goes_on(element: Any, credits_: _Credits) -> bool:
    """Whether a list stands in an item of a list of the article."""
    item = element.getparent()
    outer = item.getparent() if item.tag == "li" else None
    return outer is not None and credits_.of.get(outer, 0) > 0


def _link_density(element: Any) -> float:
    """The part of an element's text that stands in links."""
    whole = len(_key(element.text_content()))
    linked = sum(len(_key(link.text_content())) for link in element.iter("a"))
    return linked / whole if whole >= 12 else 0.0


def _prune(article: Any, credits_: _Credits) -> None:
    for element in [e for e in article.iterdescendants() if isinstance(e.tag, str)]:
        if element.getparent() is not None and _beside(element, credits_):
            element.drop_tree()
    if credits_.total < _A_LOT or len(_key(article.text_content())) < _FAR_MORE * credits_.total:
        return
    # Most of what is left is not the article: then only what trafilatura took is believed.
    for element in [e for e in article.iterdescendants() if e.tag in _TEXTUAL]:
        if element.getparent() is None or credits_.of.get(element, 0):
            continue
        if element.tag not in ("pre", "td", "th"):
            element.drop_tree()


def _metadata(text: str, address: str | None) -> Metadata:
    found = extract_metadata(text, default_url=address)
    if found is None:
        return Metadata(source_url=address)
    return Metadata(
        title=_line(found.title),
        author=_line((found.author or "").replace("; ", ", ")),
        date=_line(found.date),
        language=_line(found.language),
        source_url=_web(found.url) or address,
        cover_image=_web(found.image),
    )


def _line(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None


def _web(address: str | None) -> str | None:
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None


def _told_title(root: Any, article: Any, title: str | None) -> str | None:
    """The page's title without the site's name, which the article's first heading tells.

    The site's own name is a heading on many pages, and stands in the title too; of headings that
    the title holds the one it begins with is the essay's, or the longest.
    """
    headings = [
        text
        for heading in dict.fromkeys((*article.iter("h1"), *root.iter("h1")))
        if len(_key(text := _line(heading.text_content().rstrip(" ¶#\n")) or "")) > 2
    ]
    if title is None:
        return headings[0] if headings else None
    held = [text for text in headings[:9] if _key(text) in _key(title)]
    best = max(held, key=lambda text: (title.startswith(text), len(text)), default=title)
    first = title.startswith(best) and _PARTED.match(title, len(best)) is not None
    return best if first or len(best) >= _MOST_OF_TITLE * len(title) else title


def read_web_page(text: str, *, address: str | None = None) -> Document:
    """The article of a page and what the page says of itself.

    address: where the page was found; relative links start from it
    """
    try:
        return _read_article(text, address)
    except (etree.ParserError, RecursionError):
        return _read_whole(text, address)


def _read_whole(text: str, address: str | None) -> Document:
    """All text of a page that is too strange for a tree."""
    read = read_html(text, base=address)
    told = Metadata(source_url=address)
    return Document(tuple(read.blocks), tuple(read.footnotes), told, tuple(read.notes))


def _read_article(text: str, address: str | None) -> Document:
    root = _tree(text)
    if "math" in text.lower() and replace_formulas(root):
        text = etree.tostring(root, encoding="unicode", method="html")
    try:
        metadata = _metadata(text, address)
        keys = _article_keys(text, address)
    except (etree.LxmlError, ValueError, RecursionError, AttributeError, TypeError):
        # The library stumbles over broken pages; their text can still be read as a whole.
        metadata, keys = Metadata(source_url=address), []
    credits_ = _Credits(root, keys)
    bodies = root.findall(".//body")
    # Where paragraphs are parted by line breaks alone, hardly any is found again: then all is read.
    found = credits_.total >= _HALF * sum(len(key) for key in keys) > 0
    article = bodies[0] if bodies else root
    if found:
        article = _article(root, credits_)
        _believe_boxes(root, article, credits_)
        article = _with_outliers(_article(root, credits_), credits_)
    language = metadata.language or _line(root.get("lang"))
    _prune(article, credits_)
    title = _told_title(root, article, metadata.title)
    markup = etree.tostring(article, encoding="unicode", method="html", with_tail=False)
    read = read_html(markup, base=metadata.source_url)
    if not any(get_block_text(block).strip() for block in read.blocks):
        return _read_whole(text, address)
    told = Metadata(
        title=title,
        author=metadata.author,
        date=metadata.date,
        language=language,
        source_url=metadata.source_url,
        cover_image=metadata.cover_image,
    )
    return Document(tuple(read.blocks), tuple(read.footnotes), told, tuple(read.notes))
