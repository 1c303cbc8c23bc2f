"""The script of a play: an essay and comments, from files or the project's own."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from bot.emulator.demo.comments import Comment, UnplayableError, read_comments

__all__ = ["Script", "read_script"]


@dataclass(frozen=True, slots=True)
class Script:
    """The essay's file name and bytes, and the comments in order."""

    name: str
    essay: bytes
    comments: tuple[Comment, ...]


def read_script(essay: Path | None, comments: Path | None) -> Script:
    """Read the files; without an essay, the project's own essay and comments.

    Raises :class:`UnplayableError` for a file that can't be read (status 66) and for comments
    that can't be played (status 65); its text is a sentence for the user.
    """
    if essay is None:
        own = resources.files("bot.emulator.demo")
        name, text = "essay.md", own.joinpath("essay.md").read_bytes()
        said = own.joinpath("comments.jsonl").read_bytes()
    else:
        name, text, said = essay.name, _read(essay), b""
    if comments is not None:
        said = _read(comments)
    return Script(name, text, read_comments(said))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UnplayableError(f"{path} can't be read: {reason}.", status=66) from error
