"""A play that somebody begins from the page: the project's own tour, or files of theirs."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from aiohttp import BodyPartReader, web

from bot.emulator.demo.comments import UnplayableError
from bot.emulator.demo.play import play
from bot.emulator.demo.script import read_play

if TYPE_CHECKING:
    from bot.emulator.server import Emulator

__all__ = ["BusyError", "Files", "RoomPlay", "UnusableFilesError", "read_files"]

_PACE = 2.5
"""Seconds of real time between two comments, so that a person can follow them."""
_MOST_FILE = 10 * 1024 * 1024
_SAID = 50


class BusyError(Exception):
    """A play is under way already."""


class UnusableFilesError(Exception):
    """What was handed in cannot be played; the text says why."""


@dataclass(frozen=True, slots=True)
class Files:
    """An essay and comments as they were handed in: name and bytes, None for what was not."""

    essay: tuple[str, bytes] | None = None
    comments: bytes | None = None


class RoomPlay:
    """At most one play at a time; ``changed`` is called whenever there is something to tell.

    ``pace`` is how many seconds of real time pass between two comments.
    """

    def __init__(self, emulator: Emulator, changed: Callable[[], None]) -> None:
        self._emulator = emulator
        self._changed = changed
        self.pace = _PACE
        self._task: asyncio.Task[None] | None = None
        self._said: list[str] = []
        self._state = "none"

    def state(self) -> dict[str, Any]:
        """``state``: none, running, done or failed; ``said``: its sentences so far."""
        return {"state": self._state, "said": self._said[-_SAID:]}

    def begin(self, files: Files) -> None:
        """Begin to play. Raises BusyError, and UnusableFilesError for files nobody can play."""
        if self._task is not None and not self._task.done():
            raise BusyError("A play is under way: let it end first.")
        folder = tempfile.TemporaryDirectory(prefix="salon-play-")
        try:
            essay, comments = _laid_down(files, Path(folder.name))
            read_play(essay, comments)
        except UnplayableError as error:
            folder.cleanup()
            raise UnusableFilesError(str(error)) from error
        except BaseException:
            folder.cleanup()
            raise
        self._said, self._state = [], "running"
        self._task = asyncio.create_task(self._run(folder, essay, comments))
        self._changed()

    async def _run(
        self,
        folder: tempfile.TemporaryDirectory[str],
        essay: Path | None,
        comments: Path | None,
    ) -> None:
        done = False
        with folder:
            try:
                done = await play(
                    self._emulator, essay=essay, comments=comments, say=self._say, pace=self.pace
                )
            finally:
                self._state = "done" if done else "failed"
                self._changed()

    def _say(self, sentence: str) -> None:
        self._said.append(sentence)
        self._changed()

    async def close(self) -> None:
        """End a play that is under way."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None


def _laid_down(files: Files, folder: Path) -> tuple[Path | None, Path | None]:
    """The files where a play reads them from; an essay keeps its name, for its kind."""
    essay = comments = None
    if files.essay is not None:
        essay = folder / (PurePath(files.essay[0].replace("\\", "/")).name or "essay.txt")
        essay.write_bytes(files.essay[1])
    if files.comments is not None:
        (folder / "said").mkdir()
        comments = folder / "said" / "comments.jsonl"
        comments.write_bytes(files.comments)
    return essay, comments


async def read_files(request: web.Request) -> Files:
    """The parts ``essay`` and ``comments`` of a form, at most 10 MiB each.

    Without a form it is the project's own play. Raises UnusableFilesError.
    """
    if request.content_type != "multipart/form-data":
        return Files()
    essay = comments = None
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            content = bytes(await part.read())
            if len(content) > _MOST_FILE:
                raise UnusableFilesError("A file of more than 10 MiB is not played.")
            if part.name == "essay":
                essay = (part.filename or "essay.txt", content)
            elif part.name == "comments":
                comments = content
    except ValueError as error:
        raise UnusableFilesError("The form cannot be read.") from error
    return Files(essay, comments)
