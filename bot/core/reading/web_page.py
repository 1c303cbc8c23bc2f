"""Extract the article and the metadata of a web page.

trafilatura finds the article's text and the page's metadata. Its output loses nested lists, line
breaks in code and footnotes, so the article is read again from the page: the smallest element that
contains nearly all of that text, without the parts that trafilatura left out and that are named
like navigation, sharing or advertising.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin, urlsplit

import trafilatura
from lxml import etree, html
from trafilatura.metadata import extract_metadata

from bot.core.essay.blocks import Block, Heading, Span, get_block_text
from bot.core.essay.document import Document, Metadata
from bot.core.reading.google_docs import is_google_document, prepare_google_document
from bot.core.reading.gutenberg import cut_gutenberg_blocks
from bot.core.reading.html import read_html
from bot.core.reading.html_embeds import is_shown_embed
from bot.core.reading.html_pictures import choose_source
from bot.core.reading.html_styles import Style, read_style_sheet
from bot.core.reading.math import replace_formulas
from bot.core.reading.page_author import find_author
from bot.core.reading.page_boilerplate import (
    drop_byline_strip,
    find_wall,
    is_advertisement,
    is_control,
    is_link_to_other_reading,
    is_named_box,
    is_named_link_box,
    is_other_reading,
)
from bot.core.reading.plain_page import cut_middle, is_plain_page
from bot.core.text.coded_text import make_coded
from bot.core.text.translate import gettext as _
from bot.errors import UnreadableEssay

__all__ = ["read_web_page"]

_ARTICLE_SHARE = 0.9  # of the article's characters: an element with so much is the article
_MIN_OUTLIER = 40  # letters of a paragraph outside of that element that is kept too
_MIN_FOUND_SHARE = 0.5  # of trafilatura's text that has to be found again in the page
_LINK_LIST_DENSITY = 0.6  # of the text of a link list or box
_MIN_LINKED = 0.5  # of the text of a line of tags, or of a link to another article
_FOOTER_LINK_DENSITY = 0.3  # of the text of an article's footer
_MIN_TITLE_SHARE = 0.4  # of the page's title; a heading with a smaller share is the site's name
_SITE_NAME_SEPARATOR = re.compile(r"\s*(?:[|»·/]|\s[-–—:])")  # before the site's name
_MAX_EXCESS = 4  # times the article's characters: then boilerplate is left
_LONG_ARTICLE = 800  # letters of an article that trafilatura has surely found whole
_MIN_BOX_PROSE = 200  # letters of paragraphs in another box of the article
_MIN_MISSED_SHARE = 0.5  # of the article found so far: other boxes must contain at least so much
_MAX_SHORT_TEXT = 1_000  # characters of a button, a notice or a heading
_MAX_BOX_SHARE = 0.5  # of the article's characters: an element with more is the article itself
_MAX_HEADINGS = 20  # at the start of a page, among which the title is
_MAX_DEPTH = 400  # elements in each other
_HEADING_TAGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_MIN_VERSE_LINES, _MAX_VERSE_LINE = 3, 40  # lines; letters of a line
_BOX_TAGS = frozenset(("div", "section", "aside", "ul", "ol", "form", "figure", "span", "footer"))
_CONTROL_TAGS = frozenset(("p", "div", "section", "button"))
_BOX_HEADINGS = frozenset(("h2", "h3", "h4", "h5", "h6", "p", "div", "strong", "span"))
_GOOGLE_BANNERS = ("div", "header", "footer")
_TITLE_PROPERTIES = ("og:title", "twitter:title", "dc.title", "title", "headline", "citation_title")
_SEPARATORS = frozenset(("h1", "h2", "h3", "article", "time"))
_CELL_SPAN = re.compile(r"\b(?:row|col)span\s*=", re.IGNORECASE)
_TITLE_CLASS = re.compile(r"(?:^|\s)(?:entry|post|article|p)-(?:title|name|headline)(?:\s|$)")
_WHITE_SPACE = re.compile(r"\s+")
_NON_LETTERS = re.compile(r"\W+")
_BOILERPLATE_NAMES = re.compile(
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
_BOILERPLATE_TAGS = frozenset(
    (
        *("script", "style", "template", "noscript", "iframe", "object", "svg", "canvas", "nav"),
        *("select", "textarea", "button", "dialog", "link", "meta", "form", "aside", "footer"),
    )
)
_INVISIBLE_TAGS = frozenset(("script", "style", "template", "noscript", "svg", "link", "meta"))
_BOILERPLATE_ROLES = frozenset(
    ("navigation", "search", "complementary", "banner", "dialog", "contentinfo")
)
_CONTAINERS = frozenset(("div", "section", "ul", "ol", "table", "dl", "header", "span"))
_TEXT_TAGS = frozenset(
    (
        *("p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "td", "th", "dd"),
        *("dt", "figcaption", "div", "section", "article", "main", "body", "summary", "caption"),
    )
)


def _normalize(text: str) -> str:
    return _NON_LETTERS.sub("", text).casefold()


def _parse(text: str) -> Any:
    # lxml refuses str with an encoding declaration, so it gets bytes.
    parser = html.HTMLParser(
        huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8"
    )
    root = html.document_fromstring(text.encode("utf-8"), parser=parser)
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise RecursionError("the tree lacks what is nested deeper")
    depth = 0
    for event, _element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _MAX_DEPTH:
            raise RecursionError("the text of each element would be read again in all around it")
    return root


def _show_pictures_without_scripts(root: Any) -> None:
    """Keep the pictures of <noscript> where a script would put them, unless they are there."""
    for box in list(root.iter("noscript")):
        pictures = list(box.iter("img"))
        if not pictures or "".join(box.itertext()).strip():
            continue
        beside = [one for one in (box.getprevious(), box.getnext()) if one is not None]
        loaded = [image for one in beside for image in one.iter("img")]
        if any(choose_source(dict(image.attrib), ()) for image in loaded):
            continue
        for image in loaded:
            image.drop_tree()  # it holds the place of the picture
        box.tag = "span"


def _replace_picture_tags(root: Any) -> None:
    """Make pictures of ``<amp-img>`` and ``<object type="image/…">``."""
    for element in list(root.iter("amp-img", "object")):
        if element.tag == "object":
            if not (element.get("type") or "").lower().startswith("image/"):
                continue
            element.set("src", element.get("data") or "")
            element.set("alt", " ".join(element.text_content().split()))
        for child in list(element):
            child.drop_tree()
        element.text, element.tag = None, "img"


def _extract_article(text: str, address: str | None) -> list[str]:
    # The library repeats cells by these, so that a few bytes make millions; no text depends on it.
    found = trafilatura.extract(
        _CELL_SPAN.sub("data-span=", text), url=address, output_format="txt",
        include_comments=False, include_tables=True, deduplicate=False,
    )  # fmt: skip
    lines = (line.strip(" -|#\t") for line in (found or "").split("\n"))
    return [key for line in lines if len(key := _normalize(line)) >= 12]


def _get_own_text(element: Any) -> str:
    """The text of a block without the blocks inside it; ``<br>`` becomes a newline."""
    pieces: list[str] = [_WHITE_SPACE.sub(" ", element.text or "")]
    for child in element:
        if isinstance(child.tag, str):
            if child.tag == "br":
                pieces.append("\n")
            elif child.tag not in _TEXT_TAGS and child.tag not in _INVISIBLE_TAGS:
                pieces.append(_get_own_text(child))
            pieces.append(_WHITE_SPACE.sub(" ", child.tail or ""))
    return "".join(pieces)


class _ArticleMatch:
    """How many of the article's characters each element of a page contains."""

    def __init__(self, root: Any, keys: list[str] | None) -> None:
        """``keys``: of the article's lines; None: all of the page is the article."""
        self._all = keys is None
        self._wanted = frozenset(keys or ())
        self._joined = "\n".join(keys or ())
        self.of: dict[Any, int] = {}
        self.own: dict[Any, int] = {}
        self.total = 0
        for element in _iterate_bottom_up(root):
            credit = sum(self.of.get(child, 0) for child in element)
            if element.tag in _TEXT_TAGS:
                text = _get_own_text(element)
                own = self._measure(_normalize(text)) or sum(
                    self._measure(_normalize(line)) for line in text.split("\n")
                )
                if own:
                    credit += own
                    self.own[element] = own
            self.of[element] = credit
        self.total = self.of.get(root, 0)

    def include(self, element: Any) -> None:
        """Count an element that trafilatura left out as part of the article."""
        letters = len(_normalize(element.text_content()))
        if letters and not self.of.get(element, 0):
            self.own[element] = letters
            self.total += letters
            for one in (element, *element.iterancestors()):
                self.of[one] = self.of.get(one, 0) + letters

    def _measure(self, key: str) -> int:
        """The length of a text if it is part of the article, else 0."""
        if self._all:
            return len(key)
        mine = len(key) >= 12 and (
            key in self._wanted or (len(key) < 5_000 and key in self._joined)
        )
        return len(key) if mine else 0


def _iterate_bottom_up(root: Any) -> Iterator[Any]:
    walked = [element for element in root.iter() if isinstance(element.tag, str)]
    yield from reversed(walked)


def _find_article(root: Any, match: _ArticleMatch) -> Any:
    element = root
    while True:
        inner = max(
            (child for child in element if isinstance(child.tag, str)),
            key=lambda child: match.of.get(child, 0),
            default=None,
        )
        if inner is None or match.of.get(inner, 0) < _ARTICLE_SHARE * match.total:
            return element
        if inner.tag in ("p", "li", "td", "th", "h1", "blockquote"):
            return element
        element = inner


def _include_outliers(article: Any, match: _ArticleMatch) -> Any:
    """The element that contains the article and paragraphs that trafilatura found outside of it.

    The lead or last paragraph is often in a box of its own. Everything else outside of ``article``
    is removed.
    """
    outliers = [
        element
        for element in match.of
        if element.tag in _TEXT_TAGS
        and match.own.get(element, 0) >= _MIN_OUTLIER
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


def _include_boxes(root: Any, article: Any, match: _ArticleMatch) -> None:
    """Include the other boxes of an article that is split into several, with ads between them.

    They have the same tag and class as ``article`` and contain prose; and there is no heading or
    date between them, as there is between the posts of a blog.
    """
    kind = article.get("class")
    if article.tag not in ("div", "section") or not kind:
        return
    row: list[Any] = []  # the boxes in order, None for a separator
    inside: Any = None
    for element in root.iter():
        if inside is not None and any(one is inside for one in element.iterancestors()):
            continue
        inside = None
        if element.tag == article.tag and element.get("class") == kind:
            inside = element
            row.append(element)
        elif element.tag in _SEPARATORS:
            row.append(None)
    if article not in row:
        return
    at = row.index(article)
    after = itertools.takewhile(lambda box: box is not None, row[at + 1 :])
    before = itertools.takewhile(lambda box: box is not None, reversed(row[:at]))
    missed: list[Any] = []
    for box in (*before, *after):
        prose = [p for p in box.iter("p") if _compute_link_density(p) < _FOOTER_LINK_DENSITY]
        if _count_letters(prose) >= _MIN_BOX_PROSE:
            missed += prose
    # A little more of the same kind is a box about the writer or the site.
    if _count_letters(missed) >= _MIN_MISSED_SHARE * match.total:
        for p in missed:
            match.include(p)


def _count_letters(elements: Iterable[Any]) -> int:
    return sum(len(_normalize(element.text_content())) for element in elements)


def _is_boilerplate(element: Any, match: _ArticleMatch) -> bool:
    """Whether an element inside the article is boilerplate."""
    tag = element.tag
    if tag in _INVISIBLE_TAGS or element.get("hidden") is not None:
        return True
    if _HIDDEN.search(element.get("style") or ""):
        return True
    if match.of.get(element, 0):
        return False
    if tag == "footer" and any(True for _ in element.iterancestors("blockquote")):
        return False  # the source of a quotation
    if tag == "footer" and any(True for _ in element.iterancestors("article")):
        return _compute_link_density(element) > _FOOTER_LINK_DENSITY
    if tag == "iframe":
        source = element.get("src") or element.get("data-src") or ""
        return not source or not is_shown_embed(source, dict(element.attrib))
    if tag in _BOILERPLATE_TAGS or element.get("role") in _BOILERPLATE_ROLES:
        return True
    if tag in ("body", "article", "main", "p", "pre", "code", "blockquote"):
        return False
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if "embed" in names and element.find(".//blockquote") is not None:
        return False  # an embedded social media post that the essay quotes
    if tag in ("ul", "ol") and not names.strip() and _continues_list(element, match):
        return False  # a list of links in the essay's text
    if tag in _CONTAINERS and _compute_link_density(element) > _LINK_LIST_DENSITY:
        return True
    return _BOILERPLATE_NAMES.search(names) is not None


def _is_named_like_boilerplate(element: Any) -> bool:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    return (
        element.get("role") in _BOILERPLATE_ROLES
        or _BOILERPLATE_NAMES.search(names) is not None
        or is_named_box(element)
    )


def _continues_list(element: Any, match: _ArticleMatch) -> bool:
    """Whether a list is inside an item of a list of the article."""
    item = element.getparent()
    outer = item.getparent() if item.tag == "li" else None
    return outer is not None and match.of.get(outer, 0) > 0


def _compute_link_density(element: Any) -> float:
    """The share of an element's text that is in links."""
    whole = len(_normalize(element.text_content()))
    linked = sum(len(_normalize(link.text_content())) for link in element.iter("a"))
    return linked / whole if whole >= 12 else 0.0


def _drop_boxes(article: Any, match: _ArticleMatch) -> None:
    """Drop boxes of the site that the extractor took for the article's text."""
    kept = {article}
    for element in [e for e in article.iterdescendants() if isinstance(e.tag, str)]:
        if element.getparent() not in kept:
            continue  # it is, or is in, a box that was dropped
        share = match.of.get(element, 0) / max(1, match.total)
        if (share < _MAX_BOX_SHARE and element.tag in _BOX_TAGS and is_named_box(element)) or (
            element.tag in _CONTROL_TAGS and _is_button(element)
        ):
            element.drop_tree()
            continue
        kept.add(element)
        if element.tag in _BOX_HEADINGS and is_other_reading(_get_short_text(element)):
            _drop_other_reading(article, element)
            if element.getparent() is None:
                kept.remove(element)


def _get_short_text(element: Any) -> str:
    """An element's text if it is short, else the beginning of it; cheap for deep nesting."""
    pieces: list[str] = []
    length = 0
    for piece in element.itertext():
        pieces.append(piece)
        length += len(piece)
        if length > _MAX_SHORT_TEXT:
            break
    return " ".join("".join(pieces).split())


def _is_button(element: Any) -> bool:
    """Whether a block is a button, notice or link of the site.

    A single word needs a link or button inside.
    """
    text = _get_short_text(element)
    if is_advertisement(text):
        return True
    if is_named_link_box(element) or is_link_to_other_reading(text):
        linked = _count_letters(element.iter("a"))
        return linked > 0 and linked >= _MIN_LINKED * len(_normalize(text))
    if not is_control(text):
        return False
    return len(text.split()) > 1 or next(element.iter("a", "button"), None) is not None


def _drop_other_reading(article: Any, heading: Any) -> None:
    """Drop a list of other articles, or comments, with its heading.

    It is the box around the heading, unless that has prose before it; else what follows the
    heading, if most of that is links or it is the last thing.
    """
    box = heading.getparent()
    if (
        box is not article
        and box.getparent() is not None
        and box.tag in _BOX_TAGS
        and box.tag != "article"
    ):
        first = not _has_letters(heading.itersiblings(preceding=True), 1)
        linked = _compute_link_density(box) > _FOOTER_LINK_DENSITY
        if first and (linked or box.tag in ("aside", "section") or _is_last(article, box)):
            box.drop_tree()
            return
    following = (one for one in heading.itersiblings() if isinstance(one.tag, str))
    lists = list(
        itertools.takewhile(lambda e: _compute_link_density(e) > _LINK_LIST_DENSITY, following)
    )
    if lists:
        for element in (heading, *lists):
            element.drop_tree()


def _is_last(article: Any, box: Any) -> bool:
    """Whether no prose follows a box in the article."""
    after = (
        one
        for element in (box, *box.iterancestors())
        if element is not article and any(up is article for up in element.iterancestors())
        for one in element.itersiblings()
    )
    return not _has_letters(after, _MIN_OUTLIER)


def _has_letters(elements: Iterable[Any], least: int) -> bool:
    """Whether elements have so many letters together; it looks no further than it has to."""
    count = 0
    for element in elements:
        count += len(_normalize(element.text_content()))
        if count >= least:
            return True
    return False


def _include_short_lines(article: Any) -> Any:
    """The article with the verse beside it, whose lines are too short to be found again.

    Neighbours count if they are text in short lines, without links and names of boilerplate.
    """
    while article.tag not in ("body", "html", "article", "main"):
        parent = article.getparent()
        if parent is None or not any(
            _is_verse(one) for one in parent if one is not article and isinstance(one.tag, str)
        ):
            return article
        article = parent
    return article


def _is_verse(element: Any) -> bool:
    names = f"{element.get('class') or ''} {element.get('id') or ''}"
    if element.tag in _BOILERPLATE_TAGS or element.get("role") in _BOILERPLATE_ROLES:
        return False
    if (
        _BOILERPLATE_NAMES.search(names)
        or next(element.iter("a", "button", "input"), None) is not None
    ):
        return False
    texts = [_get_own_text(e) for e in element.iter() if e.tag in _TEXT_TAGS]
    lines = [key for text in texts for line in text.split("\n") if (key := _normalize(line))]
    return len(lines) >= _MIN_VERSE_LINES and all(len(key) < _MAX_VERSE_LINE for key in lines)


def _prune(article: Any, match: _ArticleMatch) -> None:
    _drop_boxes(article, match)
    for element in [e for e in article.iterdescendants() if isinstance(e.tag, str)]:
        if element.getparent() is not None and _is_boilerplate(element, match):
            element.drop_tree()
    if (
        match.total < _LONG_ARTICLE
        or len(_normalize(article.text_content())) < _MAX_EXCESS * match.total
    ):
        return
    # Most of the rest is not the article: then keep only what trafilatura found.
    for element in [e for e in article.iterdescendants() if e.tag in _TEXT_TAGS]:
        if element.getparent() is None or match.of.get(element, 0):
            continue
        if element.tag in ("pre", "td", "th") or element.find(".//pre") is not None:
            continue
        following = element.getnext()
        if element.tag in _HEADING_TAGS and following is not None and match.of.get(following, 0):
            continue  # it is too short to be found again, but its section was
        element.drop_tree()


def _read_metadata(root: Any, text: str, address: str | None) -> Metadata:
    found = extract_metadata(text, default_url=address)
    if found is None:
        return Metadata(source_url=address, author=find_author(root, None))
    return Metadata(
        title=_clean_line(found.title),
        author=find_author(root, _clean_line(found.author)),
        date=_clean_line(found.date),
        language=_clean_line(found.language),
        source_url=_check_url(found.url) or address,
        cover_image=_check_url(found.image),
    )


def _find_base(root: Any, address: str | None) -> str | None:
    """The URL that relative links are relative to (HTML: 4.2.3 The base element)."""
    for element in root.iter("base"):
        href = (element.get("href") or "").strip()
        if href:
            try:
                return str(urljoin(address or "", href))
            except ValueError:
                return address
    return address


def _clean_line(text: str | None) -> str | None:
    return " ".join((text or "").split()) or None


def _check_url(address: str | None) -> str | None:
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return None
    return address if parts.scheme in ("http", "https") and parts.netloc else None


def _find_title(root: Any, article: Any, given: str | None) -> str | None:
    """The page's title without the site's name, with the help of the headings.

    The site's or a section's name is a heading on many pages and is in the title too. A heading
    of the article that ``<title>`` contains is the essay's; else one of those that the metadata's
    title contains: the one it begins with, or the longest. None if the page names no title: then it
    is found like that of any text.
    """
    heads: list[str | None] = [
        _clean_line(one.text_content()) for one in root.findall(".//head/title")
    ]
    page = heads[0] if heads else None
    declared = page is not None or any(
        (one.get("property") or one.get("name") or "").lower() in _TITLE_PROPERTIES
        for one in root.iter("meta")
    )
    if not declared:
        inside = next(article.iter("h1"), None)
        outside = _read_heading(next(root.iter("h1"), None))
        return outside if inside is None else None
    sites: list[str] = [
        one.get("content") or ""
        for one in root.iter("meta")
        if one.get("property") == "og:site_name"
    ]
    site = sites[0] if sites else None
    own = [
        h for h in article.iter("h1", "h2", "h3") if any(True for _ in h.iterancestors("article"))
    ]
    near = own[:9] or list(itertools.islice(article.iter("h1", "h2", "h3"), 9))
    top = [heading for heading in root.iter("h1") if not _leads_home(heading)]
    marked = [
        one for one in root.iter("h1", "h2", "h3") if _TITLE_CLASS.search(one.get("class") or "")
    ]
    for title, headings in (
        (page, near),
        (page, [*marked[:1], *article.iter("h1"), *top]),
        (given, [*near, *top]),
    ):
        if title is None:
            continue
        held: list[str] = [
            text
            for heading in dict.fromkeys(headings[:_MAX_HEADINGS])
            if (text := _read_heading(heading)) is not None
            and _normalize(text) in _normalize(title)
            and not (site is not None and _normalize(text) == _normalize(site))
        ]
        best = max(held, key=lambda text: (_is_apart(title, text), len(text)), default=None)
        if best is not None and (
            _is_apart(title, best) or len(best) >= _MIN_TITLE_SHARE * len(title)
        ):
            return best
    return given or page


def _insert_title(blocks: list[Block], title: str) -> None:
    """Begin the text with its heading if that is above the article on the page."""
    wanted = _normalize(title)
    if not any(_normalize(get_block_text(block)) == wanted for block in blocks):
        blocks.insert(0, Heading(1, (Span(title),)))


def _leads_home(heading: Any) -> bool:
    """Whether a heading is a link to the site's front page: then it is the site's name."""
    link = next(heading.iter("a"), None)
    if link is None or _normalize(link.text_content()) != _normalize(heading.text_content()):
        return False
    try:
        parts = urlsplit((link.get("href") or "").strip())
    except ValueError:
        return False
    return parts.path in ("", "/", "./", "/index.html", "index.html") and not parts.fragment


def _is_apart(title: str, text: str) -> bool:
    """Whether a title begins with a text, before the site's name."""
    return title.startswith(text) and _SITE_NAME_SEPARATOR.match(title, len(text)) is not None


def _read_heading(heading: Any) -> str | None:
    text = None if heading is None else _clean_line(heading.text_content().rstrip(" ¶#\n"))
    return text if text is not None and len(_normalize(text)) > 2 else None


def _mark_title(article: Any, title: str | None) -> None:
    """Make the title's heading the first one: those above it name the site or a section."""
    wanted = _normalize(title or "")
    headings = list(itertools.islice(article.iter("h1", "h2", "h3"), 9))
    texts = [_normalize(_read_heading(heading) or "") for heading in headings]
    if not wanted or wanted not in texts or _normalize(title or "") == texts[0]:
        return
    place = texts.index(wanted)
    prose = (p for p in article.iter("p") if len(_normalize(p.text_content())) > _MIN_OUTLIER)
    first = next(prose, None)
    order = {element: number for number, element in enumerate(article.iter())}
    if first is not None and order[first] < order[headings[place]]:
        return  # a section of the same name
    inside = any(True for _ in headings[place].iterancestors("article"))
    for heading in headings[:place]:
        if inside and not any(True for _ in heading.iterancestors("article")):
            heading.drop_tree()
        else:
            heading.tag = "p"
    headings[place].tag = "h1"


def read_web_page(text: str, *, address: str | None = None) -> Document:
    """Read the article of a page and its metadata.

    address: the page's URL, for relative links
    """
    if "project gutenberg" in text[:20_000].lower():
        read = read_html(text, base=address)
        cut = cut_gutenberg_blocks(read.blocks)
        if cut is not None:
            blocks, metadata = cut
            metadata = replace(metadata, source_url=address)
            return Document(tuple(blocks), tuple(read.footnotes), metadata, tuple(read.notes))
    try:
        return _read_article(text, address)
    except (etree.ParserError, RecursionError):
        return _read_all(text, address)


def _read_all(text: str, address: str | None) -> Document:
    """Read all text of a page whose HTML can't be parsed into a tree."""
    read = read_html(text, base=address)
    metadata = Metadata(source_url=address)
    return Document(tuple(read.blocks), tuple(read.footnotes), metadata, tuple(read.notes))


def _read_google_document(root: Any, classes: dict[str, Style], address: str | None) -> Document:
    """Read all of a Google document: nothing on its page is a site's."""
    comments = prepare_google_document(root)
    bodies = root.findall(".//body")
    body = bodies[0] if bodies else root
    for element in [one for one in body.iter(*_GOOGLE_BANNERS) if one is not body]:
        if (element.get("id") or "") in ("header", "footer", "banners", "publish-banner"):
            element.drop_tree()
    markup = etree.tostring(body, encoding="unicode", method="html", with_tail=False)
    read = read_html(markup, base=_find_base(root, address), classes=classes)
    notes = list(read.notes)
    if comments:
        notes.append(make_coded("note-comments", count=comments))
    metadata = Metadata(source_url=address, language=_clean_line(root.get("lang")))
    return Document(tuple(read.blocks), tuple(read.footnotes), metadata, tuple(notes))


def _read_article(text: str, address: str | None) -> Document:
    root = _parse(text)
    if "<amp-img" in text or "<object" in text:
        _replace_picture_tags(root)
    if "noscript" in text:
        _show_pictures_without_scripts(root)
    classes = read_style_sheet("\n".join(one.text or "" for one in root.iter("style")))
    if is_google_document(text):
        return _read_google_document(root, classes, address)
    if "math" in text.lower() and replace_formulas(root):
        text = etree.tostring(root, encoding="unicode", method="html")
    plain = is_plain_page(text, root, _is_named_like_boilerplate)
    keys: list[str] | None = None
    try:
        metadata = _read_metadata(root, cut_middle(text) if plain else text, address)
        keys = None if plain else _extract_article(text, address)
    except (etree.LxmlError, ValueError, RecursionError, AttributeError, TypeError):
        # The library fails on broken pages; then the whole page is read.
        metadata, keys = Metadata(source_url=address), []
    match = _ArticleMatch(root, keys)
    bodies = root.findall(".//body")
    # If paragraphs are separated by <br> only, hardly any is found again; then all is read.
    found = keys is None or match.total >= _MIN_FOUND_SHARE * sum(len(key) for key in keys) > 0
    article = bodies[0] if bodies else root
    if found:
        article = _find_article(root, match)
        _include_boxes(root, article, match)
        article = _include_outliers(_find_article(root, match), match)
        article = _include_short_lines(article)
    whole = " ".join(article.text_content().split())
    language = metadata.language or _clean_line(root.get("lang"))
    headings = {
        _normalize(_read_heading(heading) or "")
        for heading in itertools.islice(root.iter("h1", "h2", "h3"), _MAX_HEADINGS)
    }
    _prune(article, match)
    title = _find_title(root, article, metadata.title)
    _mark_title(article, title)
    markup = etree.tostring(article, encoding="unicode", method="html", with_tail=False)
    base = _find_base(root, address or metadata.source_url)
    read = read_html(markup, base=base, classes=classes)
    if not any(get_block_text(block).strip() for block in read.blocks):
        return _read_all(text, address)
    blocks = drop_byline_strip(read.blocks, metadata.author)
    wall = find_wall(whole, " ".join(get_block_text(block) for block in blocks), title)
    if wall is not None:
        raise UnreadableEssay(_(wall))
    if title is not None and _normalize(title) in headings:
        _insert_title(blocks, title)
    metadata = Metadata(
        title=title,
        author=metadata.author,
        date=metadata.date,
        language=language,
        source_url=metadata.source_url,
        cover_image=metadata.cover_image,
    )
    return Document(tuple(blocks), tuple(read.footnotes), metadata, tuple(read.notes))
