"""Export of an essay and its replies: found by number or title, rendered as Markdown."""

from __future__ import annotations

from typing import Any

from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop, ngettext
from bot.errors import UnknownEssay
from storage.db.writer import Transaction
from storage.essays import discussions
from storage.essays.discussions import ListedDiscussion
from storage.essays.export import export_discussion

__all__ = ["export_essay", "find_essay", "render_markdown"]

#: The states of an essay; translated where they are shown.
_STATES = {
    "draft": gettext_noop("draft"),
    "scheduled": gettext_noop("scheduled"),
    "publishing": gettext_noop("publishing"),
    "open": gettext_noop("open"),
    "closed": gettext_noop("closed"),
    "withdrawn": gettext_noop("withdrawn"),
}


async def export_essay(tx: Transaction, essay: str) -> dict[str, Any]:
    """Export the essay with this number or exact title; UnknownEssay unless exactly one matches."""
    return await export_discussion(tx, await find_essay(tx, essay))


async def find_essay(tx: Transaction, essay: str) -> ListedDiscussion:
    """Find the essay with this number or exact title; UnknownEssay unless exactly one matches.

    A number that no essay has is searched as a title.
    """
    number = essay.strip()
    if number.isascii() and number.isdigit() and len(number) < 19:
        found = await discussions.find(tx, int(number))
        if found is not None:
            return found
    matching = await discussions.list_with_title(tx, essay)
    if not matching:
        raise UnknownEssay(f"No essay has the number or the title “{essay}”.")
    if len(matching) > 1:
        numbers = ", ".join(str(one.id) for one in matching)
        raise UnknownEssay(
            f"Several essays have the title “{essay}”. Give the number of one: {numbers}."
        )
    return matching[0]


def render_markdown(exported: dict[str, Any]) -> str:
    """The export as Markdown: the essay's heading, then each reply below the one it answers."""
    essay, replies = exported["essay"], exported["replies"]
    known = {reply["id"] for reply in replies}
    answers: dict[str | None, list[dict[str, Any]]] = {}
    for reply in replies:
        parent = reply["parent"] if reply["parent"] in known else None
        answers.setdefault(parent, []).append(reply)
    state = essay["state"]
    values = {"number": essay["id"], "state": _(_STATES[state])}
    if essay["published_at"]:
        when = essay["published_at"][:16].replace("T", " ")
        heading = _("Essay {number}, {state}. Published {when} UTC.", when=when, **values)
    else:
        heading = _("Essay {number}, {state}.", **values)
    lines = [f"# {essay['title']}", "", heading]
    # Not recursive: replies may be nested deeper than Python's stack.
    waiting = [(reply, 0) for reply in reversed(answers.get(None, []))]
    while waiting:
        reply, depth = waiting.pop()
        lines += ["", *_render_reply(reply, depth)]
        waiting += [(answer, depth + 1) for answer in reversed(answers.get(reply["id"], []))]
    return "\n".join(lines)


def _render_reply(reply: dict[str, Any], depth: int) -> list[str]:
    name = reply["author"]["name"] if reply["author"] else _("Somebody")
    when = reply["written_at"][:16].replace("T", " ")
    heading = f"**{name}**, {when}"
    if reply["edited_at"]:
        heading = _("**{name}**, {when}, edited", name=name, when=when)
    body = [_("*deleted*")] if reply["deleted"] else _render_content(reply)
    body += [
        _("(file: {name}, {size} bytes)", name=file["name"], size=file["size"])
        for file in reply["attachments"]
    ]
    if reply["reactions"]:
        body.append("  ".join(f"{one['emoji']} {one['count']}" for one in reply["reactions"]))
    mark = "> " * depth
    return [f"{mark}{line}".rstrip() for line in (heading, "", *body)]


def _render_content(reply: dict[str, Any]) -> list[str]:
    lines = reply["text"].split("\n") if reply["text"] else []
    forward, poll = reply["forward"], reply["poll"]
    if forward is not None:
        lines += [_("*forwarded:*"), *(f"> {line}" for line in forward["text"].split("\n"))]
        lines += ["> " + _("(sticker: {name})", name=name) for name in forward["stickers"]]
    if poll is not None:
        lines.append(_("*poll:* {question}", question=poll["question"]))
        lines += [f"- {_render_answer(answer)}" for answer in poll["answers"]]
    lines += [_("(sticker: {name})", name=name) for name in reply["stickers"]]
    return lines or [""]


def _render_answer(answer: dict[str, Any]) -> str:
    text = " ".join(part for part in (answer["emoji"], answer["text"]) if part)
    if answer["votes"] is None:
        return text
    return ngettext(
        "{answer}: {count} vote", "{answer}: {count} votes", answer["votes"], answer=text
    )
