"""A web address fetched so that it can reach nothing but the public web.

What is connected to is what was checked: the connector asks our resolver, which refuses every
address that is not public, and does so again at each redirect. Addresses written as numbers pass
no resolver, so they are looked at before.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.core.essay.essay import Essay
from bot.core.read_essay import BINARY_FORMATS, Format
from bot.errors import UnreadableEssay
from bot.publishing.reader_process import read_in_child_process

__all__ = ["Page", "fetch", "is_public", "read_address"]

LARGEST = 5 * 1024 * 1024
"""Bytes of a page, unpacked."""

SECONDS = 20.0
"""From the first name asked to the last byte, redirects included."""

REDIRECTS = 5

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Allows = Callable[[Address], bool]

_FORMATS: dict[str, Format] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "auto",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/pdf": "pdf",
    "application/epub+zip": "epub",
}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HEADERS = {
    "User-Agent": "Salon (reads an essay that a member of a community named)",
    "Accept": ", ".join(_FORMATS),
    "Accept-Encoding": "gzip",
}
_PRIVATE = "This address leads into a private network; only pages of the public web are fetched."
_NOT_WEB = "This is no address of a web page; it has to begin with http:// or https://."


@dataclass(frozen=True, slots=True)
class Page:
    """What was fetched; ``address`` is where it was found in the end."""

    data: bytes | str
    format: Format
    address: str


class _PrivateAddress(OSError):
    """A name led to an address that may not be connected to."""


def is_public(address: Address) -> bool:
    """Whether an IP address is one of the public internet, also where it holds another inside."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


class _CheckedResolver(AbstractResolver):
    """Asks another resolver and hands on its answer only if all of it may be connected to."""

    def __init__(self, inner: AbstractResolver, allows: Allows) -> None:
        self._inner = inner
        self._allows = allows

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for one in found:
            # A zone ("fe80::1%eth0") belongs to an address of this very link.
            if not self._allows(ipaddress.ip_address(one["host"].split("%")[0])):
                raise _PrivateAddress(host)
        return found

    async def close(self) -> None:
        """The inner resolver is closed by whoever opened it."""


def _checked(address: str, allows: Allows) -> URL:
    """The address, if it may be asked at all."""
    try:
        url = URL(address)
        host, _ = url.host, url.port
    except ValueError:
        raise UnreadableEssay(_NOT_WEB) from None
    if url.scheme not in ("http", "https") or not host:
        raise UnreadableEssay(_NOT_WEB)
    if url.user or url.password:
        raise UnreadableEssay("This address carries a user name or password; leave them out.")
    try:
        number = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return url  # a name: the resolver checks what it leads to
    if not allows(number):
        raise UnreadableEssay(_PRIVATE)
    return url


async def _unpacked(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body's bytes; a packed one is unpacked no further than is asked for."""
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packed in ("", "identity"):
        async for chunk in response.content.iter_chunked(65_536):
            yield chunk
        return
    if packed not in ("gzip", "x-gzip"):
        raise UnreadableEssay("The page came packed in a way that was not asked for.")
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    async for chunk in response.content.iter_chunked(65_536):
        waiting = chunk
        while waiting and not unpacker.eof:
            yield unpacker.decompress(waiting, 262_144)
            waiting = unpacker.unconsumed_tail


async def _body(response: aiohttp.ClientResponse) -> bytes:
    held = bytearray()
    try:
        async for chunk in _unpacked(response):
            held += chunk
            if len(held) > LARGEST:
                raise UnreadableEssay("This page is larger than 5 MiB; an essay has to be smaller.")
    except zlib.error:
        raise UnreadableEssay("The page came damaged; try once more.") from None
    return bytes(held)


def _labelled(data: bytes, charset: str | None) -> bytes | str:
    """Decoded as the server says, if that is possible; else the bytes, to be judged by content."""
    if charset is None:
        return data
    try:
        return data.decode(charset)
    except (LookupError, ValueError):
        return data


@asynccontextmanager
async def _session(
    resolver: AbstractResolver | None, allows: Allows
) -> AsyncIterator[aiohttp.ClientSession]:
    inner = resolver or aiohttp.ThreadedResolver()
    connector = aiohttp.TCPConnector(
        resolver=_CheckedResolver(inner, allows), use_dns_cache=False, force_close=True
    )
    async with aiohttp.ClientSession(
        connector=connector,
        headers=_HEADERS,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield session
    if resolver is None:
        await inner.close()


async def _fetched(session: aiohttp.ClientSession, address: str, allows: Allows) -> Page:
    url = _checked(address, allows)
    for _ in range(REDIRECTS + 1):
        async with session.get(url, allow_redirects=False) as response:
            if response.status in (301, 302, 303, 307, 308):
                target = response.headers.get("Location", "")
                try:
                    url = _checked(str(url.join(URL(target))), allows)
                except ValueError:
                    raise UnreadableEssay(_NOT_WEB) from None
                continue
            if response.status != 200:
                raise UnreadableEssay(f"The page could not be had: it answers {response.status}.")
            form = _FORMATS.get(response.content_type)
            if form is None:
                raise UnreadableEssay(
                    f"This address holds no text to read, but {response.content_type}."
                )
            data = await _body(response)
            shown = str(url.with_fragment(None))
            return Page(
                data if form in BINARY_FORMATS else _labelled(data, response.charset), form, shown
            )
    raise UnreadableEssay("This address leads from one to another without an end.")


async def fetch(
    address: str,
    *,
    resolver: AbstractResolver | None = None,
    allows: Allows = is_public,
    seconds: float = SECONDS,
) -> Page:
    """The page at an http or https address; at most 5 MiB, 20 seconds and 5 redirects.

    resolver: turns names into addresses; the system's own if None
    allows:   which addresses may be connected to

    Raises UnreadableEssay with a sentence for everything that goes wrong.
    """
    try:
        async with asyncio.timeout(seconds), _session(resolver, allows) as session:
            return await _fetched(session, address, allows)
    except TimeoutError:
        raise UnreadableEssay("The page took too long to arrive.") from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _PrivateAddress):
            raise UnreadableEssay(_PRIVATE) from None
        raise UnreadableEssay("The page could not be reached; is the address right?") from None
    except (aiohttp.ClientError, OSError):
        raise UnreadableEssay("The page could not be fetched; try once more.") from None


async def read_address(
    address: str, *, resolver: AbstractResolver | None = None, allows: Allows = is_public
) -> Essay:
    """The essay at a web address, read in a child process."""
    page = await fetch(address, resolver=resolver, allows=allows)
    name = URL(page.address).name or None
    return await read_in_child_process(page.data, page.format, name, address=page.address)
