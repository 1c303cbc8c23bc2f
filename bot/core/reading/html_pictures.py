"""Choose the address of an ``<img>``, and skip what only counts visitors or holds a place.

(HTML: 4.8.4 Images; the attributes of lazy loading are those that common plugins use.)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence

__all__ = [
    "choose_source",
    "is_caption_class",
    "is_formula_image",
    "is_skipped_picture",
    "name_embedded_picture",
]

# RFC 2397; the rest of the pattern's parameters, such as a charset, mean nothing for a picture.
_EMBEDDED = re.compile(r"data:image/(?!svg)[\w.+-]+(?:;[\w=-]+)*;base64,", re.IGNORECASE)
_MAX_PLACEHOLDER = 400  # characters of a data URL that holds nothing but a placeholder
_MIN_SIZE = 4  # pixels: smaller pictures are spacers and trackers
_MAX_WIDTH = 2_400  # pixels: the widest candidate that is taken if there is a choice
_MAX_DENSITY = 3.0
_LAZY = (
    *("data-src", "data-lazy-src", "data-original", "data-original-src", "data-lazyload"),
    *("data-lazy", "data-url", "data-hi-res-src", "data-full-src", "data-orig-file"),
)
_LAZY_SETS = ("data-srcset", "data-lazy-srcset")
_PLACEHOLDER = re.compile(
    r"(?:^|[/_.-])(?:placeholder|spacer|blank|pixel|1x1|1px|transparent|clear|dot|trans|"
    r"loading|loader|lazy|lazyload|grey|gray|white)(?:[_.-]?\w{0,12})?\.(?:gif|png|svg|jpe?g|webp)"
    r"(?:[?#]|$)",
    re.IGNORECASE,
)
_TRACKER = re.compile(
    r"//(?:[\w-]+\.)*(?:doubleclick\.net|google-analytics\.com|googletagmanager\.com|"
    r"scorecardresearch\.com|quantserve\.com|stats\.wordpress\.com|pixel\.wp\.com|"
    r"feedsportal\.com|imrworldwide\.com|chartbeat\.net|statcounter\.com)/|"
    r"facebook\.com/tr\b|/~r/|medium\.com/_/stat|/(?:tracking|track|beacon)[-_.]?pixel|"
    r"pixel\.(?:quantserve|facebook|wp)\.",
    re.IGNORECASE,
)
_DECORATION = re.compile(
    r"(?:^|[\s_-])(?:avatar|gravatar|wp-smiley|emoji|tracking-pixel)(?:$|[\s_-])", re.IGNORECASE
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_STYLE_SIZE = re.compile(r"(?:^|[;\s])(?:width|height)\s*:\s*(\d+(?:\.\d+)?)px", re.IGNORECASE)
_CANDIDATE = re.compile(r"\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+([\d.]+)([wx]))?[^,]*(?:,|$)")
_FORMULA = re.compile(
    r"(?:^|[\s_-])(?:latex|tex|mathimg|mwe-math[\w-]*)(?:$|\s)|/latex\.php\?|codecogs\.com/|"
    r"chart\?cht=tx",
    re.IGNORECASE,
)
_CAPTION = re.compile(
    r"(?:^|\s)(?:(?:wp-)?caption-text|(?:image|img|photo|picture|figure|media)[-_]?caption|"
    r"fig-?caption|caption)(?:$|\s)",
    re.IGNORECASE,
)


def is_caption_class(classes: str) -> bool:
    """Whether a block with these classes is the caption of the picture before it."""
    return bool(classes) and _CAPTION.search(classes) is not None


def is_formula_image(given: Mapping[str, str], source: str) -> bool:
    """Whether a picture is a drawn formula, whose alt text is its TeX."""
    return _FORMULA.search(f"{given.get('class', '')} {source}") is not None


def _is_usable(source: str) -> bool:
    return bool(source) and not source.startswith("data:") and not _PLACEHOLDER.search(source)


def name_embedded_picture(source: str) -> str:
    """A name for the picture that a data URL holds: ``data:`` and a hash; empty if it holds none.

    The picture is found by it in the essay's file (``bot/publishing/picture_process.py``).
    """
    found = _EMBEDDED.match(source)
    if found is None or len(source) <= _MAX_PLACEHOLDER:
        return ""
    try:
        content = base64.b64decode(re.sub(r"\s+|%0A|%20", "", source[found.end() :]))
    except (binascii.Error, ValueError):
        return ""
    return f"data:{hashlib.sha256(content).hexdigest()[:32]}" if content else ""


def _choose_candidate(sources: str) -> str:
    """The best candidate of a ``srcset``: the widest that isn't larger than a screen."""
    found: list[tuple[float, str]] = []
    for candidate in _CANDIDATE.finditer(sources[:20_000]):
        address, number, unit = candidate.groups()
        if not _is_usable(address):
            continue
        try:
            size = float(number or 1)
        except ValueError:
            continue
        most = _MAX_WIDTH if unit == "w" else _MAX_DENSITY
        # Above the limit, the smallest is the best.
        found.append((size if size <= most else -size, address))
    return max(found, key=lambda one: one[0], default=(0.0, ""))[1]


def choose_source(given: Mapping[str, str], sources: Sequence[Mapping[str, str]]) -> str:
    """The address of a picture as the page gives it; empty if it is only a placeholder.

    given:   the attributes of the ``<img>``
    sources: those of the ``<source>`` elements before it in its ``<picture>``
    """
    source = given.get("src", "").strip()
    lazy = next((one for name in _LAZY if _is_usable(one := given.get(name, "").strip())), "")
    sets = [given.get(name, "") for name in (*_LAZY_SETS, "srcset")]
    best = next((one for one in map(_choose_candidate, sets) if one), "")
    if best or lazy:
        return best or lazy
    if _is_usable(source):
        return source
    for other in sources:
        for name in (*_LAZY_SETS, "srcset"):
            if one := _choose_candidate(other.get(name, "")):
                return one
    return ""


def _read_sizes(given: Mapping[str, str]) -> list[float]:
    sizes = [float(size) for size in _STYLE_SIZE.findall(given.get("style", ""))]
    for name in ("width", "height"):
        size = given.get(name, "").strip().removesuffix("px")
        if size.replace(".", "", 1).isdigit() and size.isascii():
            sizes.append(float(size))
    return sizes


def is_skipped_picture(given: Mapping[str, str], source: str) -> bool:
    """Whether a picture shows nothing to a reader: a spacer, a tracker, an avatar, a hidden one."""
    if "hidden" in given or _HIDDEN.search(given.get("style", "")):
        return True
    if _DECORATION.search(given.get("class", "")) or _TRACKER.search(source):
        return True
    return any(size < _MIN_SIZE for size in _read_sizes(given))
