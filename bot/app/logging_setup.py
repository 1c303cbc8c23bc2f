"""Log lines: for a person to read, or a JSON object a line; no secret in either.

Whatever unexpected is logged with what raised it bears a reference, which is also what the one
who met it is told.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, TextIO

from bot.errors import make_error_reference

__all__ = ["begin_logging", "handler_of", "scrubbed_of"]

#: The tokens of interactions and webhooks, as they stand in addresses.
_TOKENS = re.compile(r"(/(?:interactions|webhooks)/[0-9]+/)[^/\s?]+")


def scrubbed_of(text: str, secret: str) -> str:
    """``text`` without the bot's token and the tokens of interactions and webhooks."""
    return _TOKENS.sub(r"\1[token]", text.replace(secret, "[token]"))


def handler_of(stream: TextIO, *, form: str, secret: str) -> logging.Handler:
    """What writes log lines to ``stream`` in one of the forms."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLines(secret) if form == "json" else _Lines(secret))
    return handler


def begin_logging(stream: TextIO, *, level: str, form: str, secret: str) -> None:
    """Log to ``stream``: ``form`` 'text' for people, 'json' for machines; never ``secret``."""
    logging.basicConfig(level=level, handlers=[handler_of(stream, form=form, secret=secret)])
    # At their most talkative these write down every word that members say.
    for name in ("aiosqlite", "discord"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("discord.client").addFilter(_expected)
    if level == "INFO":
        # Its waiting for rate limits is its business, and a line for each would hide ours.
        logging.getLogger("discord").setLevel(logging.WARNING)
        logging.getLogger("apscheduler").setLevel(logging.WARNING)


def _expected(record: logging.LogRecord) -> bool:
    """Make one line of a lost connection, which the library tells as an error with its trace."""
    if record.exc_info is not None and str(record.msg).startswith("Attempting a reconnect"):
        error = record.exc_info[1]
        told = record.getMessage()
        record.msg, record.args = (
            "%s: the connection is lost (%s: %s).",
            (
                told,
                type(error).__name__,
                error,
            ),
        )
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _reference(record: logging.LogRecord) -> str | None:
    """What an unexpected error is known by; None for a line that is about none.

    Kept in the record, so that every handler says the same.
    """
    if record.exc_info is None or record.exc_info[0] is None or record.levelno < logging.ERROR:
        return None
    return str(record.__dict__.setdefault("reference", make_error_reference()))


class _Lines(logging.Formatter):
    """Lines as a person reads them."""

    def __init__(self, secret: str) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")
        self._secret = secret

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        line = super().formatMessage(record)
        reference = _reference(record)
        return line if reference is None else f"{line} (reference {reference})"

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed_of(super().format(record), self._secret)


class _JsonLines(logging.Formatter):
    """One JSON object a line: ``at`` (ISO 8601, UTC), ``level``, ``logger``, ``message``.

    Of an unexpected error also its ``reference`` and the ``error`` with where it was raised.
    """

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrubbed_of(record.getMessage(), self._secret),
        }
        reference = _reference(record)
        if reference is not None:
            told["reference"] = reference
        if record.exc_info is not None and record.exc_info[0] is not None:
            told["error"] = scrubbed_of(self.formatException(record.exc_info), self._secret)
        return json.dumps(told, ensure_ascii=False)
