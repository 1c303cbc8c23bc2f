"""Text made safe for Discord's Markdown, so that what is literal is shown literally.

Discord shows the character behind a backslash as it is unless that is a letter, a digit or white
space. A web address is left alone, for Discord makes a link of it and would keep the backslashes.
(Discord: Markdown Text 101; docs: Reference › Message Formatting.)
"""

from __future__ import annotations

import re

__all__ = ["escape", "escape_line_start", "escape_url", "has_url"]

# What Discord's clients take for a bare link.
_ADDRESS = re.compile(r"https?://[^\s<]+[^<.,:;\"')\]\s]")
_RUN = re.compile(r"[^\s<]*")
_BARE_SCHEME = re.compile(r"(?<!\\)://")
# In a bare link these would end an emphasis around it, or mark a spoiler or code.
_UNSAFE_IN_ADDRESS = re.compile(r"[*`|~\\]")

_SPECIAL = re.compile(
    r"""[\\*_`~|\[]              # escapes, emphasis, code, strikethrough, spoilers, links
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


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)


def has_url(text: str) -> bool:
    """Whether Discord would make a link of something in the text by itself."""
    return _ADDRESS.search(text) is not None


def escape(text: str, *, followed: bool = False) -> str:
    """The text so that Discord shows it literally; line starts are another function's matter.

    followed: whether other Markdown goes on right behind the text: an address that ends it would
              swallow that, so it is kept from being a link
    """
    if "://" not in text:
        return _escaped(text)
    pieces: list[str] = []
    position = 0
    for found in _ADDRESS.finditer(text):
        before = _escaped(text[position : found.start()])
        if before.endswith(":"):
            before = before[:-1] + "\\:"  # or it would be an emoji named https
        elif before.endswith("<"):
            before = before[:-1] + "\\<"  # or the brackets would be taken for the link's
        pieces.append(before)
        address = found.group()
        # With a backslash behind it, also the punctuation before that is taken for the address.
        run = _RUN.match(text, found.end())
        stop = run.end() if run is not None else found.end()
        swallows = text[stop : stop + 1] == "<" or (followed and stop == len(text))
        if swallows or _UNSAFE_IN_ADDRESS.search(address):
            # Shown rightly as text is better than a link that breaks what is around it.
            pieces.append(_BARE_SCHEME.sub(r"\\://", _escaped(address)))
        else:
            pieces.append(address)
        position = found.end()
    pieces.append(_escaped(text[position:]))
    return "".join(pieces)


def escape_line_start(line: str) -> str:
    """An already escaped line so that nothing at its start makes it a heading, quote or list."""
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
    """An address with nothing in it that could end a masked link or an emphasis around it."""
    return address.strip().translate(_TO_QUOTE)
