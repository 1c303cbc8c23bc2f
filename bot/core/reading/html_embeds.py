"""Addresses of embedded players and of redirects that only count clicks."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

__all__ = ["get_watch_url", "is_shown_embed", "unwrap_redirect"]

# Advertising, counting, sign-up and comment frames.
_NO_CONTENT = re.compile(
    r"doubleclick|googlesyndication|googletagmanager|google-analytics|recaptcha|hcaptcha|disqus|"
    r"facebook\.com/(?:plugins|tr)|addthis|sharethis|taboola|outbrain|amazon-adsystem|adservice|"
    r"/embed/?(?:subscribe|signup)|substack\.com/embed|mailchi|list-manage|convertkit|"
    r"platform\.twitter\.com/widgets|/ads?/|consent|about:|javascript:|data:|blob:",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_YOUTUBE = re.compile(
    r"(?:https?:)?//(?:www\.)?youtube(?:-nocookie)?\.com/embed/(?!videoseries)([\w-]{6,})",
    re.IGNORECASE,
)
_VIMEO = re.compile(r"(?:https?:)?//player\.vimeo\.com/video/(\d+)", re.IGNORECASE)
_SPOTIFY = re.compile(
    r"(?:https?:)?//open\.spotify\.com/embed(?:-podcast)?/(\w+/\w+)", re.IGNORECASE
)
_MIN_SIZE = 4  # pixels: smaller frames count visitors


def is_shown_embed(source: str, given: dict[str, str]) -> bool:
    """Whether a frame or player with these attributes shows something to a reader."""
    if _NO_CONTENT.search(source) or _HIDDEN.search(given.get("style", "")) or "hidden" in given:
        return False
    sizes = [given.get(name, "").removesuffix("px") for name in ("width", "height")]
    return not any(size.isdigit() and int(size) < _MIN_SIZE for size in sizes)


def get_watch_url(source: str) -> str:
    """The page of an embedded video or song, which Discord shows a preview of."""
    source = source.strip()
    if (found := _YOUTUBE.match(source)) is not None:
        return f"https://www.youtube.com/watch?v={found[1]}"
    if (found := _VIMEO.match(source)) is not None:
        return f"https://vimeo.com/{found[1]}"
    if (found := _SPOTIFY.match(source)) is not None:
        return f"https://open.spotify.com/{found[1]}"
    return f"https:{source}" if source.startswith("//") else source


def unwrap_redirect(address: str) -> str:
    """The target of a link that Google Docs leads through google.com; else the same address."""
    if "google." not in address or "/url?" not in address:
        return address
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    if not host.startswith("google.") or parts.path != "/url":
        return address
    query = parse_qs(parts.query)
    target = (query.get("q") or query.get("url") or [""])[0]
    return target if target.startswith(("http://", "https://")) else address
