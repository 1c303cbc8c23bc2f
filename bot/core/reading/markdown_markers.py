"""Markers of site generators and note apps in Markdown, outside of code.

Pandoc's and kramdown's attributes, Liquid's and Hugo's tags are left out, with a note; callouts get
their label as a line. (Pandoc: Attributes, Divs and Spans; kramdown: Attribute Lists; Liquid: Tags;
Hugo: Shortcodes; GitHub: Alerts; Obsidian: Callouts.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from html import escape

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from bot.core.text.coded_text import CodedText, make_coded

__all__ = ["convert_code_tags", "list_dropped_markers", "use_markers"]

_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_ATTRIBUTE = r"(?:[#.][\w:.-]+|-|[\w:-]+=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s{}\"']+))"
_ATTRIBUTES = rf"\{{:?\s*{_ATTRIBUTE}(?:\s+{_ATTRIBUTE})*\s*\}}"
_HEADING_END = re.compile(rf"[ \t]*{_ATTRIBUTES}[ \t]*$")
_AFTER_BRACKET = re.compile(rf"(?<=[\])]){_ATTRIBUTES}")
_SPAN = re.compile(rf"(?<![!\]\\])\[(?P<text>[^\[\]\n]+)\](?={_ATTRIBUTES})")
_KRAMDOWN = re.compile(r"\{:(?::[\w-]+|[/\w#.\s-]|=|\"[^\"\n]*\"|'[^'\n]*'|:)*/?\}")
_FENCE = re.compile(
    r"^[ \t]*:{3,}(?:[ \t]*(?:\{[^}\n]*\}|[\w-]+(?:\{[^}\n]*\})?(?:[ \t]+(?P<title>[^\n]*?))?))?"
    r"[ \t]*:*[ \t]*$(?P<more>\n?)",
    re.MULTILINE,
)
_EMPTY_LINE = re.compile(r"\n[ \t]*(?=\n)")  # what a marker leaves of its line
_CONTENTS_ITEM = re.compile(
    r"\s*(?:toc|table of contents|contents|this will become a table of contents[^\n]*)?\s*",
    re.IGNORECASE,
)
_LIQUID = re.compile(r"\{%-?\s*(?P<name>[\w-]+)(?:[^%{\n]|%(?!\})|\{(?!%)){0,400}%\}")
_HUGO = re.compile(
    r"\{\{(?P<sign>[<%])\s*(?P<end>/?)\s*(?P<name>[\w/.-]+)(?P<rest>(?:[^{}\"`]|\"[^\"]{0,500}\"|`[^`]{0,500}`){0,200}?)/?\s*[>%]\}\}"
)
_TAG_LINK = re.compile(
    r"(?<!!)\[(?P<text>[^\[\]\n]*)\]\(\s*(?:\{\{[^{}\n]{0,300}\}\}|\{%[^{}\n]{0,300}%\})[^()\s]*\)"
)
_PARAMETER = re.compile(
    r"(?P<key>[\w-]+)\s*=\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^\s\"]+))|\"(?P<alone>[^\"]+)\"|(?P<word>[^\s\"=]+)"
)
_HIGHLIGHT = re.compile(
    r"^(?P<indent>[ ]{0,3})(?:\{%-?\s*(?:highlight|code)\s*(?P<liquid>[\w+#-]*)[^%\n]*%\}"
    r"|\{\{[<%]\s*(?:highlight|code(?:-block)?)(?:\s+(?P<hugo>[^\n]*?))?\s*[>%]\}\})[ \t]*$",
    re.MULTILINE,
)
_HIGHLIGHT_END = re.compile(
    r"^[ ]{0,3}(?:\{%-?\s*end(?:highlight|code)\s*-?%\}|"
    r"\{\{[<%]\s*/\s*(?:highlight|code(?:-block)?)\s*[>%]\}\})[ \t]*$",
    re.MULTILINE,
)
_HUGO_LANGUAGE = re.compile(
    r"\blang(?:uage)?\s*=\s*\"?(?P<named>[\w+#-]+)|^\"?(?P<first>[\w+#-]+)(?![\w+#-]*\s*=)"
)
_CALLOUT = re.compile(r"\[!(?P<kind>[A-Za-z][\w -]{0,30})\][+-]?[ \t]*(?P<title>[^\n]*)(?:\n|$)")
#: Callouts that say nothing about their text.
_PLAIN_CALLOUTS = frozenset(("quote", "cite", "epigraph"))
_NOTES = {"attributes": "note-attributes", "tags": "note-site-tags"}


def convert_code_tags(text: str) -> str:
    """Write Liquid's and Hugo's highlighted code as fenced code; it ends as it begins."""
    if not _HIGHLIGHT_END.search(text):
        return text
    pieces: list[str] = []
    position = 0
    while (start := _HIGHLIGHT.search(text, position)) is not None:
        end = _HIGHLIGHT_END.search(text, start.end())
        if end is None:
            break
        code = text[start.end() : end.start()].strip("\n")
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
        named = _HUGO_LANGUAGE.search(start["hugo"] or "")
        language = start["liquid"] or (named and (named["named"] or named["first"])) or ""
        pieces += [text[position : start.start()], f"{fence}{language}\n{code}\n{fence}"]
        position = end.end()
    return "".join([*pieces, text[position:]])


def list_dropped_markers(env: dict[str, Counter[str]]) -> list[CodedText]:
    """Notes about what was left out of a text that was read with this ``env``."""
    dropped = env.get("dropped_markers", Counter())
    return [make_coded(_NOTES[kind], count=count) for kind, count in dropped.items() if count]


def _apply_outside_code(text: str, change: Callable[[str], str]) -> str:
    if "`" not in text:
        return change(text)
    codes: list[str] = []

    def hide(found: re.Match[str]) -> str:
        codes.append(found[0])
        return f"\ue001{len(codes) - 1}\ue002"

    changed = change(_CODE_SPAN.sub(hide, text))
    return re.sub("\ue001(\\d+)\ue002", lambda found: codes[int(found[1])], changed)


def _drop_markers(state: StateCore) -> None:
    dropped: Counter[str] = state.env.setdefault("dropped_markers", Counter())
    for place, token in enumerate(state.tokens):
        if token.type != "inline" or not re.search(r"\{|:::", token.content):
            continue
        heading = place > 0 and state.tokens[place - 1].type == "heading_open"

        def change(text: str, *, heading: bool = heading) -> str:
            return _drop_from(text, dropped, heading=heading)

        token.content = _apply_outside_code(token.content, change)


def _drop_from(text: str, dropped: Counter[str], *, heading: bool) -> str:
    def drop(kind: str, pattern: re.Pattern[str], text: str) -> str:
        text, count = pattern.subn("", text)
        dropped[kind] += count
        return text

    contents = "{:toc" in text or "{: toc" in text
    text = _TAG_LINK.sub(lambda found: found["text"], text)
    text = _HUGO.sub(lambda found: _write_shortcode(found, dropped), text)
    text = drop("tags", _LIQUID, text)
    text = _SPAN.sub(lambda found: f"{found['text']}\ue003", text)
    text, spans = re.subn(f"\ue003{_ATTRIBUTES}", "", text)
    dropped["attributes"] += spans
    if heading:
        text = drop("attributes", _HEADING_END, text)
    text = drop("attributes", _AFTER_BRACKET, text)
    text = drop("attributes", _KRAMDOWN, text)
    text, fences = _FENCE.subn(_write_fence, text)
    dropped["attributes"] += fences
    if contents and _CONTENTS_ITEM.fullmatch(text):
        return ""
    return _EMPTY_LINE.sub("", text).strip("\n")


def _write_fence(found: re.Match[str]) -> str:
    """The title of a container as a bold line: VuePress's ``::: tip My title``."""
    title = (found["title"] or "").replace("*", "").strip(" :")
    if not title or title.startswith("{"):
        return found["more"]
    return f"**{title}**\\\n" if found["more"] else f"**{title}**"


def _write_shortcode(found: re.Match[str], dropped: Counter[str]) -> str:
    """What a Hugo shortcode shows: a picture or a video; else nothing."""
    values: dict[str, str] = {}
    for one in _PARAMETER.finditer(found["rest"]):
        if one["key"]:
            values[one["key"].lower()] = one["quoted"] or one["bare"] or ""
        else:
            values.setdefault("", one["alone"] or one["word"] or "")
    name = found["name"].lower()
    first = values.get("id") or values.get("")
    if not found["end"]:
        if name in ("figure", "img", "image") and (source := values.get("src") or values.get("")):
            caption = values.get("caption") or values.get("title") or ""
            shown = values.get("alt") or ""
            title = caption.replace("\\", "").replace('"', "”")
            below = f' "{title}"' if caption and caption != shown else ""
            return f"![{shown}]({source}{below})"
        if name in ("youtube", "vimeo") and first:
            site = (
                "https://www.youtube.com/embed/"
                if name == "youtube"
                else "https://player.vimeo.com/video/"
            )
            return f'<iframe src="{site}{escape(first)}"></iframe>'
    dropped["tags"] += 1
    return ""


def _read_callouts(state: StateCore) -> None:
    """Give a callout its label or title as a bold line."""
    tokens: list[Token] = []
    for place, token in enumerate(state.tokens):
        before = state.tokens[max(0, place - 2) : place]
        found = (
            _CALLOUT.match(token.content)
            if token.type == "inline"
            and [one.type for one in before] == ["blockquote_open", "paragraph_open"]
            else None
        )
        if found is None:
            tokens.append(token)
            continue
        kind, title = found["kind"], found["title"].strip()
        rest = token.content[found.end() :].strip()
        if kind.lower() in _PLAIN_CALLOUTS:
            token.content = "\n".join(filter(None, (title, rest)))
            tokens.append(token)
            continue
        # GitHub's labels have a line of their own; Obsidian's title stands beside the label.
        label = title if title and not title.endswith(".") else kind.replace("-", " ").capitalize()
        if title and label != title:
            rest = "\n".join(filter(None, (title, rest)))
        line = Token("inline", "", 0, map=token.map, level=token.level, children=[])
        line.content = f"**{label}**"
        token.content = rest
        closing = Token("paragraph_close", "p", -1, block=True)
        opening = Token("paragraph_open", "p", 1, block=True)
        tokens += [line, closing, opening, token] if rest else [line]
    state.tokens = tokens


def use_markers(parser: MarkdownIt) -> None:
    """Make a parser read callouts and leave out attributes and tags."""
    parser.core.ruler.after("block", "markers", _drop_markers)
    parser.core.ruler.after("markers", "callouts", _read_callouts)
