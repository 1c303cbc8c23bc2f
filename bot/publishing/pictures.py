"""Fetches the pictures of an essay for its draft, checks and scales them, and names them by hash.

A picture that can't be fetched or isn't what it claims becomes a link with its preview, and the
draft's preview names it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from bot.core import limits
from bot.core.essay.blocks import Picture
from bot.core.essay.essay import BodyBlock, Essay
from bot.core.layout.pictures import link_pictures
from bot.core.text.translate import ENGLISH, use_language
from bot.errors import UnreadableEssay
from bot.publishing.reader_process import ask_child

__all__ = ["MAX_PICTURES", "CheckedPicture", "check_picture", "collect_pictures", "list_files"]

_log = logging.getLogger(__name__)

#: Pictures of an essay that are fetched, and bytes of all of them as they come.
MAX_PICTURES, _MAX_BYTES = 60, 50 * 1024 * 1024
#: Seconds for all of them; what hasn't come by then is a link.
_SECONDS = 120.0
_WALL_SECONDS = 20.0  # for checking one
_CONCURRENCY = 3

FetchPicture = Callable[[str, int], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class CheckedPicture:
    """A picture that can be uploaded: its name in the archive and its bytes.

    Without a name it shows nothing (a spacer) and is left out.
    """

    name: str
    content: bytes


async def check_picture(data: bytes, path: str | None = None) -> CheckedPicture | None:
    """Check a picture in a child process and scale it down to an attachment's size.

    path: of the picture inside the file that ``data`` is, if it is in one

    Returns None for what isn't a picture, or takes more than 5 s of CPU or 300 MB of memory.
    """
    head = json.dumps({"path": path, "most": limits.FILE_BYTES}).encode()
    try:
        answer = await ask_child(
            head + b"\n" + data, _WALL_SECONDS, module="bot.publishing.picture_process"
        )
        line, _, content = answer.partition(b"\n")
        said = json.loads(line)
    except (UnreadableEssay, ValueError):  # it took too long, or died without an answer
        return None
    if "error" in said:
        _log.info("A picture isn't uploaded: %s", said["error"])
        return None
    if said.get("skip"):
        return CheckedPicture("", b"")
    return CheckedPicture(
        f"salon_{hashlib.sha256(content).hexdigest()[:32]}.{said['type']}", content
    )


def _list_pictures(essay: Essay) -> list[Picture]:
    return [
        one.block
        for one in essay.body
        if isinstance(one.block, Picture) and not (one.block.linked or one.block.file)
    ]


def list_files(essay: Essay) -> set[str]:
    """The names of the pictures that an essay uses, its cover included."""
    names = {
        one.block.file for one in essay.body if isinstance(one.block, Picture) and one.block.file
    }
    return names | ({essay.cover_file} if essay.cover_file else set())


async def collect_pictures(
    essay: Essay, source: bytes, fetch: FetchPicture
) -> tuple[Essay, dict[str, bytes]]:
    """The essay with its pictures by name, and their bytes; those that fail are links.

    source: the file that the essay was read from
    fetch:  fetches a picture by its address, of at most so many bytes; raises UnreadableEssay
    """
    cover = essay.cover_image if essay.cover_file is None else None
    listed = [cover] if cover else []
    listed += [one.source for one in _list_pictures(essay)]
    sources = list(dict.fromkeys(listed))[:MAX_PICTURES]
    if not sources:
        return essay, {}
    found: dict[str, CheckedPicture] = {}
    slots = asyncio.Semaphore(_CONCURRENCY)
    left = _MAX_BYTES

    async def collect(address: str) -> None:
        nonlocal left
        async with slots:
            if left <= 0:
                return
            try:
                if address.startswith(("http://", "https://")):
                    with use_language(ENGLISH):  # an error is only logged
                        data = await fetch(address, left)
                    left -= len(data)
                    checked = await check_picture(data)
                else:
                    checked = await check_picture(source, address)
            except UnreadableEssay as error:
                _log.info("A picture couldn't be downloaded: %s", error)
                return
            if checked is not None:
                found[address] = checked

    tasks = [asyncio.create_task(collect(address)) for address in sources]
    try:
        await asyncio.wait(tasks, timeout=_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    files = {one.name: one.content for one in found.values() if one.name}
    if cover and cover in found:
        essay = replace(essay, cover_file=found[cover].name or None)
    return link_pictures(_name_pictures(essay, found)), files


def _name_pictures(essay: Essay, found: dict[str, CheckedPicture]) -> Essay:
    body: list[BodyBlock] = []
    for one in essay.body:
        checked = found.get(one.block.source) if isinstance(one.block, Picture) else None
        if checked is None or not isinstance(one.block, Picture) or one.block.linked:
            body.append(one)
        elif checked.name:
            named = replace(one.block, file=checked.name, size=len(checked.content))
            body.append(replace(one, block=named))
    return replace(essay, body=tuple(body))
