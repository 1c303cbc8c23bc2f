"""Plays started from the page: the project's own tour, or uploaded files."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from aiohttp import BodyPartReader, web

from bot.emulator.demo.comments import UnplayableError
from bot.emulator.demo.play import Server, play
from bot.emulator.demo.script import read_script

__all__ = ["BusyError", "Files", "InvalidFilesError", "RoomPlay", "read_files"]

_PACE = 2.5
"""Real seconds between two comments, so that a person can follow."""
_MAX_FILE = 10 * 1024 * 1024
_SAID = 50


class BusyError(Exception):
    """A play is already running."""


class InvalidFilesError(Exception):
    """The uploaded files can't be played; the text says why."""


@dataclass(frozen=True, slots=True)
class Files:
    """An uploaded essay (name and bytes) and comments; None for what wasn't uploaded."""

    essay: tuple[str, bytes] | None = None
    comments: bytes | None = None


class RoomPlay:
    """Runs at most one play at a time; ``notify`` is called whenever its state changes.

    ``pace`` is the number of real seconds between two comments.
    """

    def __init__(self, server: Server, notify: Callable[[], None]) -> None:
        self._server = server
        self._notify = notify
        self.pace = _PACE
        self._task: asyncio.Task[None] | None = None
        self._said: list[str] = []
        self._state = "none"

    def state(self) -> dict[str, Any]:
        """``state``: none, running, done or failed; ``said``: its sentences so far."""
        return {"state": self._state, "said": self._said[-_SAID:]}

    def start(self, files: Files) -> None:
        """Start a play. Raises BusyError, and InvalidFilesError for files that can't be played."""
        if self._task is not None and not self._task.done():
            raise BusyError("A play is already running. Wait until it ends.")
        folder = tempfile.TemporaryDirectory(prefix="salon-play-")
        try:
            essay, comments = _write_files(files, Path(folder.name))
            read_script(essay, comments)
        except UnplayableError as error:
            folder.cleanup()
            raise InvalidFilesError(str(error)) from error
        except BaseException:
            folder.cleanup()
            raise
        self._said, self._state = [], "running"
        self._task = asyncio.create_task(self._run(folder, essay, comments))
        self._notify()

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
                    self._server, essay=essay, comments=comments, say=self._say, pace=self.pace
                )
            finally:
                self._state = "done" if done else "failed"
                self._notify()

    def _say(self, sentence: str) -> None:
        self._said.append(sentence)
        self._notify()

    async def close(self) -> None:
        """Stop a running play."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None


def _write_files(files: Files, folder: Path) -> tuple[Path | None, Path | None]:
    """Write the files to a folder; an essay keeps its name, whose suffix gives its format."""
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
    """The fields ``essay`` and ``comments`` of a form, at most 10 MiB each.

    Empty without a form. Raises InvalidFilesError.
    """
    if request.content_type != "multipart/form-data":
        return Files()
    essay = comments = None
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                continue
            content = bytes(await part.read())
            if len(content) > _MAX_FILE:
                raise InvalidFilesError("The file is larger than 10 MiB.")
            if part.name == "essay":
                essay = (part.filename or "essay.txt", content)
            elif part.name == "comments":
                comments = content
    except ValueError as error:
        raise InvalidFilesError("The form can't be read.") from error
    return Files(essay, comments)
