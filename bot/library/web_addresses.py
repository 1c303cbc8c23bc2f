"""Addresses of links in a form that is valid in HTML, EPUB and Markdown (docs: RFC 3986)."""

from __future__ import annotations

import regex
from yarl import URL

__all__ = ["make_mail_address", "make_web_address"]

_HOST = regex.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_MAIL = regex.compile(r"mailto:[!#$%&'*+./0-9=?A-Z^_a-z{|}~-]+@[A-Za-z0-9.-]+", regex.IGNORECASE)


def make_web_address(link: str) -> str | None:
    """The address with what a URI can't have as percent escapes; None if it isn't on the web.

    Only absolute addresses with a host are; relative ones would lead somewhere into the book.
    """
    try:
        url = URL(link.strip())
        host = url.raw_host or ""
    except ValueError:
        return None
    if url.scheme not in ("http", "https") or _HOST.fullmatch(host) is None:
        return None
    return str(url)


def make_mail_address(link: str) -> str | None:
    """A ``mailto:`` address of one person; None for anything else."""
    return link.replace("%", "%25") if _MAIL.fullmatch(link) else None
