"""Google Docs' web pages: title by its class, and editors' comments left out.

A published or downloaded document marks the title as ``p.title`` and puts comments at its end, each
linked from a mark in the text (``#cmnt1``).
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["is_google_document", "prepare_google_document"]

_SIGNS = re.compile(
    r"themes\.googleusercontent\.com|\blst-kix_|docs-internal-guid|\bdoc-content\b|"
    r"[\"']#cmnt(?:_ref)?\d|[\"']#ftnt(?:_ref)?\d"
)
#: A text without these isn't searched, which takes much longer.
_RARE = ("googleusercontent", "lst-kix_", "docs-internal-guid", "doc-content", "#cmnt", "#ftnt")
_COMMENT_MARK = re.compile(r"#cmnt\d+")
_COMMENT_BACK = re.compile(r"#cmnt_ref\d+")
_BLOCKS = ("p", "li", "div", "td")


def is_google_document(text: str) -> bool:
    """Whether a page was written by Google Docs."""
    return any(sign in text for sign in _RARE) and _SIGNS.search(text) is not None


def prepare_google_document(root: Any) -> int:
    """Mark the title as a heading and drop comments; returns how many there were."""
    for paragraph in list(root.iter("p")):
        if "title" in (paragraph.get("class") or "").split():
            paragraph.tag = "h1"
    comments: list[Any] = []
    for link in list(root.iter("a")):
        href = (link.get("href") or "").rpartition("/")[2]
        if _COMMENT_BACK.fullmatch(href):
            box = next((one for one in link.iterancestors() if one.tag in _BLOCKS), None)
            outer = None if box is None else box.getparent()
            # Each comment is in a box of its own, perhaps with several paragraphs.
            if outer is not None and outer.tag == "div" and outer.find(".//h1") is None:
                backs = [a for a in outer.iter("a") if "#cmnt_ref" in (a.get("href") or "")]
                box = outer if len(backs) == 1 else box
            if box is not None:
                comments.append(box)
        elif _COMMENT_MARK.fullmatch(href):
            above = link.getparent()
            only = above is not None and above.tag == "sup" and len(above) == 1
            (above if only and not (above.text or "").strip() else link).drop_tree()
    for box in comments:
        if box.getparent() is not None:
            box.drop_tree()
    return len(comments)
