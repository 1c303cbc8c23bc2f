"""Traffic recorder: writes the bot's HTTP calls and gateway frames to an HTTP Archive (HAR 1.2).

The format is that of the W3C draft *HTTP Archive (HAR) format*; gateway frames are under
``_webSocketMessages``, the field that browsers write. The file is valid after every entry, and
nothing is kept in memory: each entry overwrites the closing brackets and writes them again. A
gateway connection's frames are in a second file until the connection ends.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qsl, urlsplit

__all__ = ["Exchange", "GatewayLog", "Recorder"]

_SECRET = {"authorization", "cookie", "set-cookie", "proxy-authorization"}
_END = b"\n]}}\n"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its response. ``milliseconds`` is how long it took.

    ``status`` is 0 if the connection was cut. ``params`` are the fields of a multipart body
    (files without their bytes), ``text`` any other body.
    """

    began: datetime
    milliseconds: float
    method: str
    url: str
    request_headers: Iterable[tuple[str, str]] = ()
    mime_type: str = ""
    text: str | None = None
    params: list[dict[str, str]] = field(default_factory=list)
    status: int = 0
    reason: str = ""
    response_headers: Iterable[tuple[str, str]] = ()
    answer: str | None = None
    answer_type: str = ""
    injected: bool = False


class Recorder:
    """Writes to ``path``, which is overwritten. Raises OSError if it can't be written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] = path.open("w+b")
        self._is_empty = True
        self._logs: list[GatewayLog] = []
        creator = {"name": "Salon rehearsal", "version": "1"}
        head = json.dumps({"version": "1.2", "creator": creator, "pages": []})
        self._file.write(b'{"log": ' + head[:-1].encode() + b', "entries": [')
        self._finish()

    def call(self, exchange: Exchange) -> None:
        """Record one call."""
        if self._file.closed:
            return
        self._begin()
        self._file.write(json.dumps(_call_entry(exchange)).encode())
        self._finish()

    def connection(self, url: str) -> GatewayLog:
        """Start recording a gateway connection; its entry is written when it is closed."""
        number = len(self._logs)
        spool = self._path.with_name(f"{self._path.name}.gateway-{number}")
        log = GatewayLog(self, url, spool)
        self._logs.append(log)
        return log

    def close(self) -> None:
        """Finish the connections that are still open and close the file."""
        for log in self._logs:
            log.close()
        self._file.close()

    def add_connection(self, entry: dict[str, Any], spool: IO[bytes]) -> None:
        """Write the entry of a closed connection, with its frames copied from ``spool``."""
        if self._file.closed:
            return
        self._begin()
        self._file.write(json.dumps(entry)[:-1].encode() + b', "_webSocketMessages": [')
        spool.seek(0)
        shutil.copyfileobj(spool, self._file)
        self._file.write(b"]}")
        self._finish()

    def _begin(self) -> None:
        self._file.seek(-len(_END), 2)
        self._file.write(b"\n" if self._is_empty else b",\n")
        self._is_empty = False

    def _finish(self) -> None:
        self._file.write(_END)
        self._file.flush()


class GatewayLog:
    """The recorded frames of one gateway connection; directions are from the bot's side."""

    def __init__(self, recorder: Recorder, url: str, spool: Path) -> None:
        self._recorder = recorder
        self._url = url
        self._began = datetime.now(UTC)
        self._path = spool
        self._spool: IO[bytes] = spool.open("w+b")
        self._is_empty = True

    def sent(self, text: str) -> None:
        """Record a frame that the bot sent."""
        self._write("send", text, injected=False)

    def received(self, text: str, *, injected: bool = False) -> None:
        """Record a frame that the bot received."""
        self._write("receive", text, injected=injected)

    def close(self) -> None:
        """Finish the recording and write its entry."""
        if self._spool.closed:
            return
        took = (datetime.now(UTC) - self._began).total_seconds() * 1000
        address = self._url.replace("http://", "ws://", 1)
        entry = _call_entry(Exchange(self._began, took, "GET", address, status=101))
        entry["response"]["statusText"] = "Switching Protocols"
        self._recorder.add_connection({**entry, "_resourceType": "websocket"}, self._spool)
        self._spool.close()
        self._path.unlink(missing_ok=True)

    def _write(self, kind: str, text: str, *, injected: bool) -> None:
        if self._spool.closed:
            return
        frame: dict[str, Any] = {
            "type": kind,
            "time": datetime.now(UTC).timestamp(),
            "opcode": 1,
            "data": text,
        }
        if injected:
            frame["_injected"] = True
        self._spool.write((b"" if self._is_empty else b",\n") + json.dumps(frame).encode())
        self._is_empty = False


def _headers(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [
        {"name": name, "value": "scrubbed" if name.lower() in _SECRET else value}
        for name, value in pairs
    ]


def _call_entry(one: Exchange) -> dict[str, Any]:
    query = parse_qsl(urlsplit(one.url).query, keep_blank_values=True)
    request: dict[str, Any] = {
        "method": one.method,
        "url": one.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(one.request_headers),
        "queryString": [{"name": name, "value": value} for name, value in query],
        "headersSize": -1,
        "bodySize": -1,
    }
    if one.params:
        request["postData"] = {"mimeType": one.mime_type, "params": one.params}
    elif one.text is not None:
        request["postData"] = {"mimeType": one.mime_type, "text": one.text}
    content: dict[str, Any] = {"size": len((one.answer or "").encode())}
    content["mimeType"] = one.answer_type
    if one.answer is not None:
        content["text"] = one.answer
    entry: dict[str, Any] = {
        "startedDateTime": one.began.isoformat(),
        "time": one.milliseconds,
        "request": request,
        "response": {
            "status": one.status,
            "statusText": one.reason,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(one.response_headers),
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": one.milliseconds, "receive": 0},
    }
    if one.injected:
        entry["_injected"] = True
    return entry
