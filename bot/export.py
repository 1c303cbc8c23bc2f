"""Export of an essay and its replies: found by number or title, rendered as Markdown."""

from __future__ import annotations

from typing import Any

from bot.core.text.plural import format_count
from bot.errors import UnknownEssay
from storage.db.writer import Transaction
from storage.essays import discussions
from storage.essays.discussions import ListedDiscussion
from storage.essays.export import export_discussion

__all__ = ["export_essay", "find_essay", "render_markdown"]


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
            f"Several essays are titled “{essay}”: name one by its number ({numbers})."
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
    lines = [f"# {essay['title']}", "", f"Essay {essay['id']}, {essay['state']}."]
    if essay["published_at"]:
        lines[-1] += f" Published {essay['published_at'][:16].replace('T', ' ')} UTC."
    # Not recursive: replies may be nested deeper than Python's stack.
    waiting = [(reply, 0) for reply in reversed(answers.get(None, []))]
    while waiting:
        reply, depth = waiting.pop()
        lines += ["", *_render_reply(reply, depth)]
        waiting += [(answer, depth + 1) for answer in reversed(answers.get(reply["id"], []))]
    return "\n".join(lines)


def _render_reply(reply: dict[str, Any], depth: int) -> list[str]:
    name = reply["author"]["name"] if reply["author"] else "Somebody"
    when = reply["written_at"][:16].replace("T", " ")
    heading = f"**{name}**, {when}" + (", edited" if reply["edited_at"] else "")
    body = ["*deleted*"] if reply["deleted"] else _render_content(reply)
    body += [f"(file: {file['name']}, {file['size']} bytes)" for file in reply["attachments"]]
    if reply["reactions"]:
        body.append("  ".join(f"{one['emoji']} {one['count']}" for one in reply["reactions"]))
    mark = "> " * depth
    return [f"{mark}{line}".rstrip() for line in (heading, "", *body)]


def _render_content(reply: dict[str, Any]) -> list[str]:
    lines = reply["text"].split("\n") if reply["text"] else []
    forward, poll = reply["forward"], reply["poll"]
    if forward is not None:
        lines += ["*forwarded:*", *(f"> {line}" for line in forward["text"].split("\n"))]
        lines += [f"> (sticker: {name})" for name in forward["stickers"]]
    if poll is not None:
        lines.append(f"*poll:* {poll['question']}")
        lines += [f"- {_render_answer(answer)}" for answer in poll["answers"]]
    lines += [f"(sticker: {name})" for name in reply["stickers"]]
    return lines or [""]


def _render_answer(answer: dict[str, Any]) -> str:
    text = " ".join(part for part in (answer["emoji"], answer["text"]) if part)
    return text if answer["votes"] is None else f"{text}: {format_count(answer['votes'], 'vote')}"
