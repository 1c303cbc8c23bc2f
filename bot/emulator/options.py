"""The options of ``python -m bot rehearse``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

__all__ = ["Options", "UsageError", "read_options"]

_MAX_PORT = 65535


class UsageError(Exception):
    """The options are invalid; the text says why."""


@dataclass(frozen=True, slots=True)
class Options:
    """The parsed options. ``data`` is None for a temporary folder."""

    port: int
    data: Path | None
    essay: Path | None
    comments: Path | None
    once: bool
    no_bot: bool
    rates: bool
    har: Path | None

    @property
    def plays(self) -> bool:
        """Whether an essay is played."""
        return self.once or self.essay is not None or self.comments is not None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message[:1].upper() + message[1:] + ".")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > _MAX_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_MAX_PORT}, not {text}")
    return int(text)


def read_options(arguments: Sequence[str]) -> Options:
    """Read the options. Raises UsageError; ``--help`` prints and leaves with SystemExit."""
    parser = _Parser(
        prog="python -m bot rehearse",
        description="Run Salon on a local Discord emulator. You need no Discord account.",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=8710,
        metavar="N",
        help="the port (default: 8710; 0: any free port)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="the folder for world and database; start again with it to continue where you stopped",
    )
    parser.add_argument("--essay", type=Path, metavar="FILE", help="publish this essay")
    parser.add_argument(
        "--comments", type=Path, metavar="FILE", help="have members write these comments (JSONL)"
    )
    parser.add_argument(
        "--once",
        action="store_true",
        help="play, print the transcript and stop; the exit status is 0 if all went well",
    )
    parser.add_argument("--no-bot", action="store_true", help="run only the emulator")
    parser.add_argument(
        "--rates",
        choices=("on", "off"),
        default="on",
        help="off: announce no rate limits",
    )
    parser.add_argument(
        "--har", type=Path, metavar="FILE", help="write the bot's traffic to an HTTP Archive"
    )
    given = parser.parse_args(list(arguments))
    return Options(
        port=given.port,
        data=given.data,
        essay=given.essay,
        comments=given.comments,
        once=given.once,
        no_bot=given.no_bot,
        rates=given.rates == "on",
        har=given.har,
    )
