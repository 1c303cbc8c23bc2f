"""Escape text for Discord's Markdown.

Discord shows a character after a backslash literally unless it is a letter, a digit or white space.
URLs are not escaped: Discord turns them into links and would show the backslashes.
(Discord: Markdown Text 101; docs: Reference › Message Formatting.)
"""

from __future__ import annotations

import re

__all__ = [
    "encode_bare_urls",
    "escape",
    "escape_line_start",
    "escape_link_text",
    "escape_url",
    "has_url",
]

# What Discord's clients turn into a link.
_ADDRESS = re.compile(r"https?://[^\s<]+[^<.,:;\"')\]\s]")
_RUN = re.compile(r"[^\s<]*")
_BARE_SCHEME = re.compile(r"(?<!\\)://")
# In a bare link these would end emphasis around it, or start a spoiler or code.
_UNSAFE_IN_ADDRESS = re.compile(r"[*`|~\\]")

_SPECIAL = re.compile(
    r"""[\\*_`~\[]               # escapes, emphasis, code, strikethrough, links
    | (?<=\|)\|  | \|(?=\|)     # spoilers
    | <(?=[@\#:/a-zA-Z])         # mentions, channels, emoji, commands, timestamps, links
    | @(?=everyone|here)         # mentions of many
    | :(?=[^\s:]+:)              # :emoji:
    """,
    re.VERBOSE,
)

_LINE_START = re.compile(
    r"""(?P<before>[ \t]*)
    (?: (?P<mark> \#{1,3}(?=\s|$) | -\#(?=\s|$) | >(?=\s|>|$) | [-+](?=\s|$) )
      | (?P<number> [0-9]+ )(?P<dot>[.)])(?=\s|$) )
    """,
    re.VERBOSE,
)


def _escape_markdown(text: str) -> str:
    return _SPECIAL.sub(_add_backslash, text)


def _add_backslash(found: re.Match[str]) -> str:
    return f"\\{found[0]}"  # three times as fast as a template


def has_url(text: str) -> bool:
    """Whether Discord would turn something in the text into a link."""
    return "://" in text and _ADDRESS.search(text) is not None


def escape(text: str, *, followed: bool = False, quiet: bool = False) -> str:
    """Escape a text; :func:`escape_line_start` does the rest at the start of a line.

    followed: other Markdown comes right after the text; a URL at its end would swallow that, so it
              is escaped too and won't be a link
    quiet:    URLs are written as ``<…>``, so that Discord shows no previews of them
    """
    if "://" not in text:
        return _escape_markdown(text)
    pieces: list[str] = []
    position = 0
    for found in _ADDRESS.finditer(text):
        before = _escape_markdown(text[position : found.start()])
        if before.endswith(":"):
            before = before[:-1] + "\\:"  # else it would be an emoji named https
        elif before.endswith("<"):
            before = before[:-1] + "\\<"  # else Discord would take the bracket as part of the link
        pieces.append(before)
        address = found.group()
        # If a backslash follows, Discord takes the punctuation before it as part of the URL.
        run = _RUN.match(text, found.end())
        stop = run.end() if run is not None else found.end()
        swallows = text[stop : stop + 1] == "<" or (followed and stop == len(text))
        if swallows or _UNSAFE_IN_ADDRESS.search(address):
            # Correct plain text is better than a link that breaks the text around it.
            pieces.append(_BARE_SCHEME.sub(r"\\://", _escape_markdown(address)))
        else:
            pieces.append(f"<{address}>" if quiet else address)
        position = found.end()
    pieces.append(_escape_markdown(text[position:]))
    return "".join(pieces)


def encode_bare_urls(text: str) -> str:
    """Percent-encode what would end the URLs in a text or be read as Markdown; they stay links."""
    if "://" not in text:
        return text
    return _ADDRESS.sub(
        lambda found: _UNSAFE_IN_ADDRESS.sub(lambda sign: _IN_LINK[sign[0]], found[0]), text
    )


_PAIRED = {"*": re.compile(r"\*"), "~": re.compile(r"~~"), "`": re.compile(r"`+")}
_MAY_CLOSE_UNDERSCORE = re.compile(r"_(?![0-9A-Za-z_])")


def escape_link_text(text: str, delimiters: str = "") -> str:
    """Escape the text of a masked link: only what could be syntax, for clients show backslashes.

    delimiters: signs of the emphasis on its line, which must be escaped in any case
    """
    if _SPECIAL.search(text) is None:
        return text
    literal = {
        sign
        for sign, pair in _PAIRED.items()
        if sign not in delimiters and len(pair.findall(text)) < 2
    }
    # An underscore inside a word closes no emphasis.
    if "_" not in delimiters and not _MAY_CLOSE_UNDERSCORE.search(text, text.find("_") + 1):
        literal.add("_")

    def escape_sign(found: re.Match[str]) -> str:
        sign = found[0]
        if sign in literal or sign == "[":
            return sign
        following = text[found.end() : found.end() + 1]
        if sign == "\\" and (following.isalnum() or following.isspace()) and following.isascii():
            return sign
        return f"\\{sign}"

    return _SPECIAL.sub(escape_sign, text)


def escape_line_start(line: str) -> str:
    """Escape what would make an already escaped line a heading, quote, list or subtext."""
    found = _LINE_START.match(line)
    if found is None:
        return line
    rest = line[found.end() :]
    if found["mark"]:
        return f"{found['before']}\\{found['mark']}{rest}"
    return f"{found['before']}{found['number']}\\{found['dot']}{rest}"


_IN_LINK = {character: f"%{ord(character):02X}" for character in "()<>[]{}*`|~\\\"'^ \t\r\n"}
_TO_QUOTE = str.maketrans(_IN_LINK)


def escape_url(address: str) -> str:
    """Percent-encode what could end a masked link, or emphasis around it."""
    return address.strip().translate(_TO_QUOTE)
