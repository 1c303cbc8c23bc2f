"""An exported essay as a text that a person reads."""

from __future__ import annotations

from typing import Any

__all__ = ["render_markdown"]


def render_markdown(exported: dict[str, Any]) -> str:
    """The export as Markdown: the essay's heading, then every reply under what it answers."""
    essay, replies = exported["essay"], exported["replies"]
    known = {reply["id"] for reply in replies}
    answers: dict[str | None, list[dict[str, Any]]] = {}
    for reply in replies:
        parent = reply["parent"] if reply["parent"] in known else None
        answers.setdefault(parent, []).append(reply)
    lines = [f"# {essay['title']}", "", f"Essay {essay['id']}, {essay['state']}."]
    if essay["published_at"]:
        lines[-1] += f" Published {essay['published_at'][:16].replace('T', ' ')} UTC."
    # Without recursion: a talk may go deeper than Python's stack.
    waiting = [(reply, 0) for reply in reversed(answers.get(None, []))]
    while waiting:
        reply, depth = waiting.pop()
        lines += ["", *_reply(reply, depth)]
        waiting += [(answer, depth + 1) for answer in reversed(answers.get(reply["id"], []))]
    return "\n".join(lines)


def _reply(reply: dict[str, Any], depth: int) -> list[str]:
    name = reply["author"]["name"] if reply["author"] else "Somebody"
    when = reply["written_at"][:16].replace("T", " ")
    heading = f"**{name}**, {when}" + (", edited" if reply["edited_at"] else "")
    said = ["*deleted*"] if reply["deleted"] else reply["text"].split("\n")
    said += [f"(file: {file['name']}, {file['size']} bytes)" for file in reply["attachments"]]
    if reply["reactions"]:
        said.append("  ".join(f"{one['emoji']} {one['count']}" for one in reply["reactions"]))
    mark = "> " * depth
    return [f"{mark}{line}".rstrip() for line in (heading, "", *said)]
