"""Fetches a web page, and only from public addresses (protection against SSRF).

The address that is connected to is the one that was checked: the connector asks our resolver,
which refuses every address that isn't public, again for each redirect. IP addresses in a URL don't
go through a resolver, so they are checked before.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.core.essay.essay import Essay
from bot.core.essay.source_format import BINARY_FORMATS, Format
from bot.core.text.translate import gettext as _
from bot.core.text.translate import gettext_noop
from bot.errors import UnreadableEssay
from bot.publishing.reader_process import read_in_child_process

__all__ = ["Page", "fetch_page", "fetch_picture", "is_public", "read_page"]

MAX_BYTES = 5 * 1024 * 1024
"""Bytes of a page, decompressed."""

MAX_PICTURE_BYTES = 25 * 1024 * 1024
"""Bytes of a picture, which is scaled down before it is uploaded."""

TIMEOUT = 20.0
"""Seconds from the first name lookup to the last byte, redirects included."""

MAX_REDIRECTS = 5

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
#: A host name as DNS has it, once it is encoded with IDNA (RFC 1035 §2.3.4: 63 octets a label, 255
#: octets in all, which leaves 253 characters).
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?", re.IGNORECASE)
_MAX_HOST_NAME = 253
#: The last label of a host that is a number, and so an IPv4 address in one of its many forms
#: ("127.1", "2130706433", "0x7f.1"), whatever comes before (URL Standard › ends in a number).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HEADERS = {
    "User-Agent": "Salon (reads an essay that a member of a community named)",
    "Accept": ", ".join(_FORMATS),
    "Accept-Encoding": "gzip",
}
_PICTURES = "image/png, image/jpeg, image/gif, image/webp, image/avif, image/svg+xml, image/*;q=0.5"
_PRIVATE = gettext_noop(
    "This link leads to a private network. I can only fetch pages from the public web."
)
_UNREACHABLE = gettext_noop("I can't reach this page. Is the link right?")
_DAMAGED = gettext_noop("The page arrived damaged. Please try again.")
_TOO_LARGE = gettext_noop("This page is larger than {size} MiB. An essay has to be smaller.")
_PICTURE_TOO_LARGE = gettext_noop(
    "This picture, together with those before it, is too large to be fetched."
)
_NOT_A_WEB_ADDRESS = gettext_noop(
    "This isn't a link to a web page. Is the link right? It has to start with `https://` or "
    "`http://`."
)
_WITH_PASSWORD = gettext_noop("This link has a user name or password in it. Leave them out.")
_UNKNOWN_ENCODING = gettext_noop("The page is compressed in a way that I can't read.")
_TIMEOUT = gettext_noop("The page took too long to load.")
_FAILED = gettext_noop("I couldn't fetch the page. Please try again.")
_TOO_MANY_REDIRECTS = gettext_noop("This link redirects too many times.")


@dataclass(frozen=True, slots=True)
class Page:
    """A fetched page; ``address``: the URL after redirects."""

    data: bytes | str
    format: Format
    address: str


class _PrivateAddress(OSError):
    """A name resolved to an address that isn't allowed."""


def is_public(address: Address) -> bool:
    """Whether an IP address, or the one embedded in it, belongs to the public internet."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:  # fec0::/10, deprecated but still private (RFC 3879)
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


class _CheckedResolver(AbstractResolver):
    """A resolver that fails unless all addresses that another one finds are allowed."""

    def __init__(self, inner: AbstractResolver, allows: Allows) -> None:
        self._inner = inner
        self._allows = allows

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for one in found:
            # A zone ("fe80::1%eth0") belongs to a link-local address.
            if not self._allows(ipaddress.ip_address(one["host"].split("%")[0])):
                raise _PrivateAddress(host)
        return found

    async def close(self) -> None:
        """Does nothing: the inner resolver is closed where it was opened."""


def _check_address(address: str, allows: Allows) -> URL:
    """The parsed URL; UnreadableEssay if it isn't allowed."""
    try:
        url = URL(address)
        host, _port = url.host, url.port
    except ValueError:
        raise UnreadableEssay(_(_NOT_A_WEB_ADDRESS)) from None
    if url.scheme not in ("http", "https") or not host:
        raise UnreadableEssay(_(_NOT_A_WEB_ADDRESS))
    if url.user or url.password:
        raise UnreadableEssay(_(_WITH_PASSWORD))
    try:
        number = ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        if not _is_host_name(url.raw_host or ""):
            raise UnreadableEssay(_(_UNREACHABLE)) from None
        return url  # the resolver checks which addresses it has
    if not allows(number):
        raise UnreadableEssay(_(_PRIVATE))
    return url


def _is_host_name(host: str) -> bool:
    """Whether a host is a name that DNS can have, and not a number in disguise.

    Resolvers accept "127.1", "0177.0.0.1" or "2130706433" as loopback, past any check of names.
    """
    if _HOST_NAME.fullmatch(host) is None or len(host.rstrip(".")) > _MAX_HOST_NAME:
        return False
    return _NUMBER.fullmatch(host.rstrip(".").rsplit(".", 1)[-1]) is None


async def _decompress(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The bytes of the body; a compressed one is decompressed piece by piece, as they are read."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        async for chunk in response.content.iter_chunked(65_536):
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip"):
        raise UnreadableEssay(_(_UNKNOWN_ENCODING))
    decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
    async for chunk in response.content.iter_chunked(65_536):
        compressed = chunk
        while compressed and not decompressor.eof:
            yield decompressor.decompress(compressed, 262_144)
            compressed = decompressor.unconsumed_tail
        if compressed or decompressor.unused_data:
            raise UnreadableEssay(_(_DAMAGED))  # a second member: more than the page
    if not decompressor.eof:
        raise UnreadableEssay(_(_DAMAGED))


async def _read_body(
    response: aiohttp.ClientResponse, most: int = MAX_BYTES, too_large: str = _TOO_LARGE
) -> bytes:
    held = bytearray()
    try:
        async for chunk in _decompress(response):
            held += chunk
            if len(held) > most:
                raise UnreadableEssay(_(too_large, size=MAX_BYTES // 1024 // 1024))
    except zlib.error:
        raise UnreadableEssay(_(_DAMAGED)) from None
    return bytes(held)


def _decode(data: bytes, charset: str | None) -> bytes | str:
    """The text in the charset that the server names; the bytes if that isn't possible."""
    if charset is None:
        return data
    try:
        return data.decode(charset)
    except (LookupError, ValueError):
        return data


@asynccontextmanager
async def _open_session(
    resolver: AbstractResolver | None, allows: Allows, accept: str = ""
) -> AsyncIterator[aiohttp.ClientSession]:
    inner = resolver or aiohttp.ThreadedResolver()
    connector = aiohttp.TCPConnector(
        resolver=_CheckedResolver(inner, allows), use_dns_cache=False, force_close=True
    )
    async with aiohttp.ClientSession(
        connector=connector,
        headers=_HEADERS | ({"Accept": accept} if accept else {}),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield session
    if resolver is None:
        await inner.close()


@asynccontextmanager
async def _open(
    session: aiohttp.ClientSession, address: str, allows: Allows
) -> AsyncIterator[tuple[aiohttp.ClientResponse, URL]]:
    """The answer after redirects, and its URL."""
    url = _check_address(address, allows)
    for _redirect in range(MAX_REDIRECTS + 1):
        async with session.get(url, allow_redirects=False) as response:
            if response.status in (301, 302, 303, 307, 308):
                target = response.headers.get("Location", "")
                try:
                    url = _check_address(str(url.join(URL(target))), allows)
                except ValueError:
                    raise UnreadableEssay(_(_NOT_A_WEB_ADDRESS)) from None
                continue
            if response.status != 200:
                raise UnreadableEssay(
                    _(
                        "I couldn't fetch the page. Its server answers with status {status}.",
                        status=response.status,
                    )
                )
            yield response, url
            return
    raise UnreadableEssay(_(_TOO_MANY_REDIRECTS))


async def _fetch(session: aiohttp.ClientSession, address: str, allows: Allows) -> Page:
    async with _open(session, address, allows) as (response, url):
        form = _FORMATS.get(response.content_type)
        if form is None:
            raise UnreadableEssay(
                _(
                    "This link doesn't lead to a text, but to a file of type {type}.",
                    type=response.content_type,
                )
            )
        data = await _read_body(response)
        shown = str(url.with_fragment(None))
        return Page(
            data if form in BINARY_FORMATS else _decode(data, response.charset), form, shown
        )


async def _fetch_bytes(
    session: aiohttp.ClientSession, address: str, allows: Allows, most: int
) -> bytes:
    async with _open(session, address, allows) as (response, _url):
        if (response.content_length or 0) > most:
            raise UnreadableEssay(_(_PICTURE_TOO_LARGE))
        return await _read_body(response, most, _PICTURE_TOO_LARGE)


async def fetch_page(
    address: str,
    *,
    resolver: AbstractResolver | None = None,
    allows: Allows = is_public,
    seconds: float = TIMEOUT,
) -> Page:
    """Fetch the page at an http or https address: at most 5 MiB, 20 seconds and 5 redirects.

    resolver: turns names into addresses; the system's own if None
    allows:   which addresses may be connected to

    Raises UnreadableEssay with a sentence if anything goes wrong.
    """
    with _explain_errors():
        async with asyncio.timeout(seconds), _open_session(resolver, allows) as session:
            return await _fetch(session, address, allows)


async def fetch_picture(
    address: str,
    most: int,
    *,
    resolver: AbstractResolver | None = None,
    allows: Allows = is_public,
    seconds: float = TIMEOUT,
) -> bytes:
    """Fetch the file at an http or https address, of at most ``most`` bytes; as ``fetch_page``.

    What it is isn't checked (bot.publishing.pictures does).
    """
    most = min(most, MAX_PICTURE_BYTES)
    with _explain_errors():
        async with (
            asyncio.timeout(seconds),
            _open_session(resolver, allows, accept=_PICTURES) as session,
        ):
            return await _fetch_bytes(session, address, allows, most)


@contextmanager
def _explain_errors() -> Iterator[None]:
    """Raises UnreadableEssay with a sentence for what goes wrong in the network."""
    try:
        yield
    except TimeoutError:
        raise UnreadableEssay(_(_TIMEOUT)) from None
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _PrivateAddress):
            raise UnreadableEssay(_(_PRIVATE)) from None
        raise UnreadableEssay(_(_UNREACHABLE)) from None
    except UnicodeError:  # a name that IDNA can't encode
        raise UnreadableEssay(_(_UNREACHABLE)) from None
    except (aiohttp.ClientError, OSError):
        raise UnreadableEssay(_(_FAILED)) from None


async def read_page(
    address: str, *, resolver: AbstractResolver | None = None, allows: Allows = is_public
) -> Essay:
    """The essay at a web address, read in a child process."""
    page = await fetch_page(address, resolver=resolver, allows=allows)
    name = URL(page.address).name or None
    return await read_in_child_process(page.data, page.format, name, address=page.address)
