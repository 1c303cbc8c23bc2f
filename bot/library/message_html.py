"""A member's message as HTML: Discord's Markdown, in which nothing but text is the member's.

Emphasis, code, quotations, lists and links are shown; headings, pictures and HTML are text, so that
no message looks like a part of the book. Spoilers are hidden until somebody clicks them. The HTML
is also well-formed XML, for EPUB. (Discord: Markdown Text 101.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import regex
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

from bot.core.text.spoilers import split_spoilers
from bot.core.text.translate import gettext as _
from bot.library.web_addresses import make_web_address

__all__ = ["make_clean", "render_message"]

#: Characters that XML doesn't allow, and those that mark spoilers below (private use).
_HIDE, _SHOW = "\ue000", "\ue001"
_UNCLEAN = regex.compile(
    r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]|[\ue000\ue001\uFDD0-\uFDEF]"
)
_LIVE = regex.compile(
    r"<@!?(?P<person>\d{1,20})>|<#\d{1,20}>(?P<channel>)|<@&\d{1,20}>(?P<role>)"
    r"|<a?(?P<emoji>:\w+:)\d+>|<t:(?P<time>-?\d{1,12})(?::[a-zA-Z])?>|</(?P<command>[^:>]+):\d+>"
)
#: What Discord takes for a language behind the fence of a code block, and where a spoiler ends.
_LANGUAGE = regex.compile(f"[\\w+.#{_HIDE}{_SHOW}-]*")
#: Text in which nothing is Markdown, as most messages are.
_PLAIN = regex.compile(r"[^\\`*_~|<>\[\]#&\n\t\-+0-9=][^\\`*_~|<>\[\]#&\n\t]*+")


class _Renderer(RendererHTML):
    """Writes text with names in the place of mentions, and hides what is in a spoiler."""

    def text(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Text, of which some may be hidden."""
        del options
        return "".join(
            _hide(_show_text(piece, env["names"]), hidden)
            for piece, hidden in _split_hidden(tokens[idx].content, env)
        )

    def code_inline(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Inline code."""
        del options
        return "".join(
            _hide(f"<code>{escape(piece, quote=False)}</code>", hidden)
            for piece, hidden in _split_hidden(tokens[idx].content, env)
        )

    def fence(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A code block, without its language; other words behind the fence are in the block."""
        del options
        info, content = tokens[idx].info.strip(), tokens[idx].content
        has_language = tokens[idx].markup.startswith("`") and _LANGUAGE.fullmatch(info) is not None
        if info and not (has_language and content.strip()):
            content = f"{info}\n{content}"
        else:
            list(_split_hidden(info, env))  # a spoiler may end there
        content = "".join(
            _hide(escape(piece, quote=False), hidden)
            for piece, hidden in _split_hidden(content, env)
        )
        return f"<pre><code>{content}</code></pre>\n"

    code_block = fence

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A link, without the title that a browser would show beside it."""
        list(_split_hidden(str(tokens[idx].attrs.pop("title", "")), env))
        return self.renderToken(tokens, idx, options, env)


def _split_hidden(text: str, env: Any) -> Iterator[tuple[str, bool]]:
    for piece in regex.split(f"([{_HIDE}{_SHOW}])", text):
        if piece in (_HIDE, _SHOW):
            env["hidden"] = piece == _HIDE
        elif piece:
            yield piece, bool(env.get("hidden"))


def _hide(html: str, hidden: bool) -> str:
    return f'<span class="spoiler" tabindex="0">{html}</span>' if hidden else html


def _show_text(text: str, names: Mapping[int, str]) -> str:
    shown, position = [], 0
    for found in _LIVE.finditer(text):
        shown.append(escape(text[position : found.start()], quote=False))
        shown.append(_show_live(found, names))
        position = found.end()
    shown.append(escape(text[position:], quote=False))
    return "".join(shown)


def _show_live(found: regex.Match[str], names: Mapping[int, str]) -> str:
    if found["person"] is not None:
        name = " ".join(names.get(int(found["person"]), "").split()) or _("member")
        return f'<span class="mention">@<bdi>{escape(make_clean(name), quote=False)}</bdi></span>'
    if found["channel"] is not None:
        return "#channel"
    if found["role"] is not None:
        return "@role"
    if found["emoji"] is not None:
        return escape(found["emoji"], quote=False)
    if found["time"] is not None:
        return _show_time(int(found["time"]))
    return escape(f"/{found['command']}", quote=False)


def _show_time(seconds: int) -> str:
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return ""
    return f"{at:%Y-%m-%d %H:%M} UTC"


class _Parser(MarkdownIt):
    """A parser whose links lead to the web; others are text, as in Discord."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - overridden
        """The address of a link; "" for one that isn't a link."""
        in_spoiler = _HIDE in url or _SHOW in url
        return "" if in_spoiler else make_web_address(url) or ""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - overridden
        """Whether it is a link."""
        return bool(url)


def _make_parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "breaks": True, "xhtmlOut": True})
    parser.renderer = _Renderer(parser)
    parser.enable("strikethrough")
    parser.disable(
        ["heading", "lheading", "hr", "image", "html_block", "html_inline", "reference", "code"]
    )
    parser.disable("entity")
    return parser


_PARSER = _make_parser()
#: For messages with deeper quotations and lists than the parser reads, which would leave them out.
_FLAT_PARSER = _make_parser().disable(["blockquote", "list"])
_DEEPEST = 16


def make_clean(text: str) -> str:
    """The text with a replacement character for what a page or an EPUB can't have."""
    return _UNCLEAN.sub("\N{REPLACEMENT CHARACTER}", text)


def render_message(text: str, names: Mapping[int, str]) -> Markup:
    """The HTML of a message; ``names``: of the people it mentions, by their ids."""
    clean = make_clean(text).strip()
    if not clean:
        return Markup("")
    if _PLAIN.fullmatch(clean) is not None:
        return Markup(f"<p>{escape(clean, quote=False)}</p>\n")  # noqa: S704 - escaped here
    marked = "".join(
        f"{_HIDE}{piece}{_SHOW}" if hidden else piece for piece, hidden in split_spoilers(clean)
    )
    parser, env = _PARSER, {"names": names}
    tokens = parser.parse(marked, env)
    if any(one.level > _DEEPEST for one in tokens):
        parser, env = _FLAT_PARSER, {"names": names}
        tokens = parser.parse(marked, env)
    html = parser.renderer.render(tokens, parser.options, env)
    return Markup(html)  # noqa: S704 - the parser escapes
