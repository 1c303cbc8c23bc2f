"""Reads essays in the bot's own process instead of a child, whose start takes most of the time.

Limits and hostile files need the child: ``tests/publishing/test_reader_process.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import pytest

from bot.publishing import reader_process

__all__ = ["read_in_bot_process"]

#: The answers by what was asked; many tests publish the same essay.
_answers: dict[bytes, bytes] = {}


#: A module that is first imported inside the block keeps the replacement, so that one can do both.
_ask_child = reader_process.ask_child
_READER = "bot.publishing.reader_process"


async def _ask_thread(question: bytes, wall_seconds: float, *, module: str = _READER) -> bytes:
    """What the child would answer that reads essays, from a thread of this process."""
    if module != _READER:
        return await _ask_child(question, wall_seconds, module=module)
    if question not in _answers:
        _answers[question] = await asyncio.to_thread(reader_process.answer, question)
    return _answers[question]


@contextlib.contextmanager
def read_in_bot_process() -> Iterator[None]:
    """Read essays in this process in the block; pictures are still checked in a child."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader_process, "ask_child", _ask_thread)
        yield
