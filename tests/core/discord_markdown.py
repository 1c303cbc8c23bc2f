"""Parses a message like Discord's clients, to test the renderer; shares no code with it.

The rules are those of Discord's "Markdown Text 101" and of docs: Reference › Message Formatting, in
the order in which the clients try them: escapes, code, links, mentions, then emphasis, the longest
match first. Discord finds the end of emphasis by scanning for its delimiter past anything but
backslash escapes; so an unescaped delimiter in code or a link breaks it, here too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["EditPreview", "read_message"]


@dataclass
class EditPreview:
    """What a reader sees.

    text:     without marks; items and quoted lines on lines of their own
    links:    the addresses behind masked links, and bare ones
    living:   mentions, emoji, timestamps: what Discord would turn into something else
    codes:    the contents of code blocks
    marked:   the texts that are emphasised, with the sign
    """

    text: str = ""
    links: list[str] = field(default_factory=list)
    living: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    marked: list[tuple[str, str]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    quotes: int = 0
    items: int = 0


FENCE = re.compile(r"```(?:([a-zA-Z0-9_+\-.#]+?)\n)?\n*([^\n][\s\S]*?)\n*```")
ESCAPE = re.compile(r"\\([^0-9A-Za-z\s])")
CODE = re.compile(r"(`+)([\s\S]*?[^`])\1(?!`)")
MASKED = re.compile(
    r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]"
    r"\(\s*<?((?:\([^)]*\)|[^\s\\()]|\\.)*?)>?(?:\s+['\"]([\s\S]*?)['\"])?\s*\)"
)
ANGLE = re.compile(r"<(https?://[^\s>]+)>")
BARE = re.compile(r"https?://[^\s<]+[^<.,:;\"')\]\s]")
LIVING = re.compile(
    r"<@[!&]?\d+>|<#\d+>|<a?:\w+:\d+>|<t:-?\d+(?::[tTdDfFR])?>|</[\w -]+:\d+>|<id:\w+>"
    r"|@everyone|@here|:[A-Za-z0-9_+\-]+(?:::skin-tone-\d)?:"
)
EMPHASES = (
    (
        "*",
        re.compile(r"\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s*\\]|\*\*)|[^\s*\\])+?)\*(?!\*)"),
    ),
    ("_", re.compile(r"_((?:__|\\[\s\S]|[^\\_])+?)_(?![0-9A-Za-z_])")),
    ("**", re.compile(r"\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)")),
    ("__", re.compile(r"__((?:\\[\s\S]|[^\\])+?)__(?!_)")),
    ("~~", re.compile(r"~~([\s\S]+?)~~(?!_)")),
    ("||", re.compile(r"\|\|([\s\S]+?)\|\|")),
)
PLAIN = re.compile(r"[^\\`\[<h@:*_~|]+|[\s\S]")
QUOTE = re.compile(r" *> ?(.*)")
QUOTED = re.compile(r" *> .*")
ITEM = re.compile(r"( *)(?:[-*]|\d+\.) +(?=\S)")
HEADING = re.compile(r" *(#{1,3}) +(.+)")
SUBTEXT = re.compile(r" *-# +(.+)")


def read_message(content: str) -> EditPreview:
    """Parse one message."""
    shown = EditPreview()
    shown.text = _blocks(content, shown)
    return shown


def _blocks(content: str, shown: EditPreview) -> str:
    out: list[str] = []
    position = 0
    text: list[str] = []

    def end_text() -> None:
        if text:
            out.append(_inline("\n".join(text), shown))
            text.clear()

    while position < len(content):
        fence = FENCE.match(content, position)
        if fence is not None:
            end_text()
            shown.codes.append(fence[2])
            out.append(fence[2])
            position = fence.end()
            if content[position : position + 1] == "\n":
                position += 1
            continue
        end = content.find("\n", position)
        end = len(content) if end < 0 else end
        line = content[position:end]
        if content.startswith(">>> ", position):
            end_text()
            shown.quotes += 1
            out.append(_blocks(content[position + 4 :], shown))
            break
        if QUOTED.fullmatch(line):
            end_text()
            inner: list[str] = []
            while position <= len(content):
                end = content.find("\n", position)
                end = len(content) if end < 0 else end
                line = content[position:end]
                if not QUOTED.fullmatch(line):
                    break
                found = QUOTE.fullmatch(line)
                assert found is not None
                inner.append(found[1])
                position = end + 1
            shown.quotes += 1
            out.append(_blocks("\n".join(inner), shown))
            continue
        # A fence may also begin in the middle of a line.
        middle = line.find("```")
        if middle > 0 and FENCE.match(content, position + middle):
            end_text()
            out.append(_inline(line[:middle], shown))
            position += middle
            continue
        position = end + 1
        heading, subtext, item = HEADING.fullmatch(line), SUBTEXT.fullmatch(line), ITEM.match(line)
        if heading is not None:
            end_text()
            title = _inline(heading[2], shown)
            shown.headings.append(title)
            out.append(title)
        elif subtext is not None:
            end_text()
            out.append(_inline(subtext[1], shown))
        elif item is not None:
            end_text()
            shown.items += 1
            rest = line[item.end() :]
            inner_item = ITEM.match(rest)
            while inner_item is not None:  # an item may begin with another list
                shown.items += 1
                rest = rest[inner_item.end() :]
                inner_item = ITEM.match(rest)
            out.append(_inline(rest, shown))
        else:
            text.append(line)
    end_text()
    return "\n".join(out)


def _inline(text: str, shown: EditPreview, depth: int = 0) -> str:
    out: list[str] = []
    position = 0
    while position < len(text):
        sign = text[position]
        if sign == "\\" and (found := ESCAPE.match(text, position)):
            out.append(found[1])
        elif sign == "`" and (found := CODE.match(text, position)):
            out.append(re.sub(r"^ (?= *`)|(?<=`) $", "", found[2]))
        elif sign == "[" and (found := _masked(text, position)):
            shown.links.append(found[2])
            out.append(_inline(found[1], shown, depth + 1))
        elif sign == "<" and (found := ANGLE.match(text, position)):
            shown.links.append(found[1])
            out.append(found[1])
        elif sign == "h" and (found := BARE.match(text, position)):
            shown.links.append(found[0])
            out.append(found[0])
        elif sign in "<@:" and (found := LIVING.match(text, position)):
            shown.living.append(found[0])
            out.append(found[0])
        elif sign in "*_~|" and (best := _longest(text, position)):
            name, found = best
            if name == "||":
                shown.living.append(found[0])
            inside = _inline(found[1], shown, depth + 1)
            shown.marked.append((name, inside))
            out.append(inside)
        else:
            found = PLAIN.match(text, position)
            assert found is not None
            out.append(found[0])
        position = found.end()
    return "".join(out)


def _masked(text: str, position: int) -> re.Match[str] | None:
    found = MASKED.match(text, position)
    if found is None or not re.match(r"(?:https?|discord)://.", found[2]):
        return None
    # Discord refuses to mask a link with something that looks like another.
    return None if re.search(r"https?://\S", found[1]) or not found[1].strip() else found


def _longest(text: str, position: int) -> tuple[str, re.Match[str]] | None:
    best: tuple[str, re.Match[str]] | None = None
    for name, pattern in EMPHASES:
        found = pattern.match(text, position)
        if found is not None and (best is None or found.end() > best[1].end()):
            best = (name, found)
    return best
