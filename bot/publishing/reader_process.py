"""Reads an essay in a child process, with limits on CPU time, wall time and memory.

Hostile input can only stop the child. The child gets the bytes on its standard input and answers
with one JSON object on its standard output. Its environment is empty, so it doesn't see the token.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.core import limits
from bot.core.essay.essay import Essay
from bot.core.essay.serialize import essay_from_json, essay_to_json
from bot.core.essay.source_format import FORMATS, Format, is_pdf
from bot.core.text.translate import get_language, gettext_noop, use_language
from bot.core.text.translate import gettext as _
from bot.errors import UnreadableEssay

if sys.platform != "win32":
    import resource

__all__ = [
    "MAX_BYTES",
    "answer",
    "ask_child",
    "count_chapters_in_child_process",
    "fill_extracted_facts",
    "read_in_child_process",
]

MAX_BYTES = limits.FILE_BYTES
"""Largest source that is read, in bytes."""

CPU_SECONDS = 10
"""A long essay takes 1 s, hostile input up to 5 s; twice that, since CPUs differ."""
WALL_SECONDS = 60.0
"""Long, since on a busy host a good essay waits for the CPU. The only time limit on Windows."""
MEMORY = 250 * 1024 * 1024
PDF_CPU_SECONDS = 4
"""At most, whatever the caller allows, as for the memory: a few bytes of a PDF can be much work."""

_TOO_LARGE = gettext_noop("This is larger than {count} MiB. An essay has to be smaller.")
_TOO_LONG = gettext_noop("Reading this took too long, so it was stopped. Is it really an essay?")
_TOO_MUCH = gettext_noop(
    "Reading this took too much memory, so it was stopped. Is it really an essay?"
)


async def read_in_child_process(
    data: bytes | str,
    format: Format = "auto",  # noqa: A002
    name: str | None = None,
    *,
    address: str | None = None,
    title: str | None = None,
    chapter: int | None = None,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: float = WALL_SECONDS,
    memory: int = MEMORY,
) -> Essay:
    """Read the essay in ``data`` in a child process.

    address:      of the page that ``data`` is, if it is one
    title:        given by the admin, instead of the one in the text
    chapter:      of an EPUB, numbered from 1; None: all of them as one essay
    cpu_seconds:  of CPU time after which the child is killed, its start (half a second) included
    wall_seconds: after which it is killed, whatever it has used
    memory:       bytes of memory that it may use

    Raises UnreadableEssay for what cannot be read, and for what takes too much time or memory.
    """
    head: dict[str, object] = {
        "format": format,
        "name": name,
        "address": address,
        "title": title,
        "chapter": chapter,
    }
    said = await _ask(data, head, cpu_seconds, wall_seconds, memory)
    return essay_from_json(said["essay"])


async def count_chapters_in_child_process(data: bytes | str) -> int:
    """The number of an EPUB's chapters, at least 1.

    Raises UnreadableEssay for any other file, and for one that can't be read.
    """
    said = await _ask(data, {"count": True}, CPU_SECONDS, WALL_SECONDS, MEMORY)
    return int(said["chapters"])


async def _ask(
    data: bytes | str, head: dict[str, object], cpu_seconds: int, wall_seconds: float, memory: int
) -> dict[str, Any]:
    """The answer of a child process to a question about ``data``."""
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        raise UnreadableEssay(_(_TOO_LARGE, count=MAX_BYTES // 1024 // 1024))
    head = head | {
        "text": isinstance(data, str),
        "language": get_language(),
        "cpu_seconds": cpu_seconds,
        "memory": memory,
    }
    answer = await ask_child(json.dumps(head).encode() + b"\n" + raw, wall_seconds)
    return _parse_answer(answer)


async def ask_child(
    question: bytes, wall_seconds: float, *, module: str = "bot.publishing.reader_process"
) -> bytes:
    """The answer of a new child process that runs ``module``; b"" if it died without one.

    Raises UnreadableEssay if the child ran out of time.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).resolve().parents[2],
        env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(wall_seconds):
            answer, _errors = await child.communicate(question)
    except TimeoutError:
        raise UnreadableEssay(_(_TOO_LONG)) from None
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()
    if sys.platform != "win32" and child.returncode == -signal.SIGXCPU:
        raise UnreadableEssay(_(_TOO_LONG))
    return answer


async def fill_extracted_facts(essay: Essay, source: bytes, name: str | None) -> Essay:
    """The essay with ``extracted``, read again from its source if the stored row lacks it."""
    if essay.extracted is not None:
        return essay
    try:
        read = await read_in_child_process(source, "auto", name)
    except UnreadableEssay:
        return essay
    return replace(essay, extracted=read.extracted)


def _parse_answer(answer: bytes) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(answer)
    except ValueError:
        # The child died without an answer: out of memory, or a parser crashed.
        raise UnreadableEssay(_(_TOO_MUCH)) from None
    if "error" in said:
        raise UnreadableEssay(said["error"])
    return said


# -- the child ------------------------------------------------------------------------------------


def _set_limits(cpu_seconds: int, memory: int) -> None:
    """Limit this process; on Windows, which has no such limits, do nothing."""
    if sys.platform == "win32":
        return
    # Beyond the soft limit the kernel sends SIGXCPU, which ends the process; beyond the hard one
    # SIGKILL, which would look like a lack of memory (setrlimit(2)).
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = cpu_seconds if hard == resource.RLIM_INFINITY else min(cpu_seconds, max(1, hard - 1))
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # not every system has this limit
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def answer(question: bytes) -> bytes:
    """The child's answer to a question; the caller has set the limits."""
    return json.dumps(_answer(question)).encode()


def _answer(question: bytes) -> dict[str, object]:
    line, _line_break, raw = question.partition(b"\n")
    head = json.loads(line)
    with use_language(head["language"]):
        return _read(head, raw.decode("utf-8", "surrogatepass") if head["text"] else raw)


def _read(head: dict[str, Any], data: bytes | str) -> dict[str, object]:
    # The bot doesn't need the modules that read, which take 15 MB.
    from bot.core.read_essay import count_chapters, read_essay

    try:
        if "count" in head:
            return {"chapters": count_chapters(data)}
        wanted = next(known for known in FORMATS if known == head["format"])
        given = {key: head[key] for key in ("name", "address", "title", "chapter")}
        essay = read_essay(data, format=wanted, **given)
    except UnreadableEssay as error:
        return {"error": str(error)}
    except (MemoryError, RecursionError):
        return {"error": _(_TOO_MUCH)}
    return {"essay": essay_to_json(essay)}


def main() -> None:
    """The child: read standard input, answer on standard output."""
    gc.disable()  # the process lives for one essay, and collecting would take a third of its time
    question = sys.stdin.buffer.read()
    line, _line_break, data = question.partition(b"\n")
    head = json.loads(line)
    cpu_seconds, memory = head["cpu_seconds"], head["memory"]
    if is_pdf(data):
        cpu_seconds, memory = min(cpu_seconds, PDF_CPU_SECONDS), min(memory, MEMORY)
    _set_limits(cpu_seconds, memory)
    sys.stdout.buffer.write(answer(question))


if __name__ == "__main__":
    main()
