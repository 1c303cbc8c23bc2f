"""Reading in a process of its own, which can be stopped: hostile input costs the bot nothing.

The child gets the bytes on its standard input and answers with one JSON object. It has no part of
the bot's environment (no token), a limit on its memory, and as much time as it is given.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import resource
import sys
from dataclasses import replace
from pathlib import Path

from bot.core.essay.essay import Essay
from bot.core.essay.serialize import essay_from_json, essay_to_json
from bot.core.read_essay import FORMATS, Format, read_essay
from bot.errors import UnreadableEssay

__all__ = ["MAX_BYTES", "fill_extracted_facts", "read_in_child_process"]

MAX_BYTES = 10 * 1024 * 1024
"""Bytes of an essay that are looked at; Discord's own limit for a file."""

SECONDS = 5.0
MEMORY = 250 * 1024 * 1024

_TOO_LARGE = "This is larger than 10 MiB; an essay has to be smaller."
_TOO_LONG = "Reading this took too long and was stopped; is it really an essay?"
_TOO_MUCH = "Reading this took too much memory and was stopped; is it really an essay?"


async def read_in_child_process(
    data: bytes | str,
    format: Format = "auto",  # noqa: A002
    name: str | None = None,
    *,
    address: str | None = None,
    title: str | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Essay:
    """The essay that ``data`` holds, read in a child process.

    address: of the page that ``data`` is, if it is one
    title:   given by who hands it in, instead of the one found
    seconds: after which the child is stopped
    memory:  bytes of memory that the child may use

    Raises UnreadableEssay for what cannot be read, and for what takes too much time or memory.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        raise UnreadableEssay(_TOO_LARGE)
    head = {
        "format": format,
        "name": name,
        "address": address,
        "title": title,
        "text": isinstance(data, str),
        "memory": memory,
    }
    answer = await _asked(json.dumps(head).encode() + b"\n" + raw, seconds)
    return _essay(answer)


async def _asked(question: bytes, seconds: float) -> bytes:
    """What a child of its own answers; b"" where it died without a word."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.publishing.reader_process",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parents[2],
        env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(seconds):
            answer, _ = await child.communicate(question)
    except TimeoutError:
        raise UnreadableEssay(_TOO_LONG) from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    return answer


async def fill_extracted_facts(essay: Essay, source: bytes, name: str | None) -> Essay:
    """An essay with what its text says itself, which archives of before do not tell."""
    if essay.extracted is not None:
        return essay
    try:
        return replace(
            essay, extracted=(await read_in_child_process(source, "auto", name)).extracted
        )
    except UnreadableEssay:
        return essay


def _essay(answer: bytes) -> Essay:
    try:
        said = json.loads(answer)
    except ValueError:
        # The child died without a word: out of memory, or its parser fell over.
        raise UnreadableEssay(_TOO_MUCH) from None
    if "error" in said:
        raise UnreadableEssay(said["error"])
    return essay_from_json(said["essay"])


def _limit_memory(memory: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def _answer(given: bytes) -> dict[str, object]:
    line, _, raw = given.partition(b"\n")
    head = json.loads(line)
    _limit_memory(head["memory"])
    data: bytes | str = raw.decode("utf-8", "surrogatepass") if head["text"] else raw
    wanted = next(known for known in FORMATS if known == head["format"])
    try:
        told = {key: head[key] for key in ("name", "address", "title")}
        essay = read_essay(data, format=wanted, **told)
    except UnreadableEssay as error:
        return {"error": str(error)}
    except (MemoryError, RecursionError):
        return {"error": _TOO_MUCH}
    return {"essay": essay_to_json(essay)}


def main() -> None:
    """What the child does: read, answer, end."""
    gc.disable()  # it lives for one essay, and collecting would be a third of its time
    sys.stdout.write(json.dumps(_answer(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
