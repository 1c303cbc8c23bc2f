"""Logging: lines of text or of JSON, without secrets.

A bug is logged with its traceback and a reference, which the user who met it is given too.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, TextIO

from bot.errors import make_error_reference

__all__ = ["make_log_handler", "remove_secrets", "set_up_logging"]

#: The tokens of interactions and webhooks, as they appear in URLs.
_TOKENS = re.compile(r"(/(?:interactions|webhooks)/[0-9]+/)[^/\s?]+")


def remove_secrets(text: str, secret: str) -> str:
    """``text`` without the bot's token and the tokens of interactions and webhooks."""
    return _TOKENS.sub(r"\1[token]", text.replace(secret, "[token]"))


def make_log_handler(stream: TextIO, *, form: str, secret: str) -> logging.Handler:
    """A handler that writes log lines to ``stream``; ``form``: 'text' or 'json'."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLines(secret) if form == "json" else _Lines(secret))
    return handler


def set_up_logging(stream: TextIO, *, level: str, form: str, secret: str) -> None:
    """Log to ``stream``: ``form`` 'text' for people, 'json' for machines; never ``secret``."""
    logging.basicConfig(level=level, handlers=[make_log_handler(stream, form=form, secret=secret)])
    # At DEBUG these log everything that members write.
    for name in ("aiosqlite", "discord"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("discord.client").addFilter(_shorten_reconnect)
    if level == "INFO":
        # It logs every wait for a rate limit, which would hide our own lines.
        logging.getLogger("discord").setLevel(logging.WARNING)
        logging.getLogger("apscheduler").setLevel(logging.WARNING)


def _shorten_reconnect(record: logging.LogRecord) -> bool:
    """Log a lost connection as one line; discord.py logs it as an error with a traceback."""
    if record.exc_info is not None and str(record.msg).startswith("Attempting a reconnect"):
        error = record.exc_info[1]
        message = record.getMessage()
        record.msg, record.args = (
            "%s: lost the connection (%s: %s).",
            (
                message,
                type(error).__name__,
                error,
            ),
        )
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


def _reference(record: logging.LogRecord) -> str | None:
    """The reference of an unexpected error; None for any other line.

    It is stored in the record, so that every handler writes the same.
    """
    if record.exc_info is None or record.exc_info[0] is None or record.levelno < logging.ERROR:
        return None
    return str(record.__dict__.setdefault("reference", make_error_reference()))


class _Lines(logging.Formatter):
    """Lines of text for people."""

    def __init__(self, secret: str) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")
        self._secret = secret

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        line = super().formatMessage(record)
        reference = _reference(record)
        return line if reference is None else f"{line} (reference {reference})"

    def format(self, record: logging.LogRecord) -> str:
        return remove_secrets(super().format(record), self._secret)


class _JsonLines(logging.Formatter):
    """One JSON object a line: ``at`` (ISO 8601, UTC), ``level``, ``logger``, ``message``.

    An unexpected error also has its ``reference`` and ``error``, the traceback.
    """

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": remove_secrets(record.getMessage(), self._secret),
        }
        reference = _reference(record)
        if reference is not None:
            line["reference"] = reference
        if record.exc_info is not None and record.exc_info[0] is not None:
            line["error"] = remove_secrets(self.formatException(record.exc_info), self._secret)
        return json.dumps(line, ensure_ascii=False)
