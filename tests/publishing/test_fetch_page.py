"""A web address is fetched from the public web and from nowhere else.

The pages stand on a real server on loopback. The resolver is the test's: it leads names to
127.0.0.1, which stands for the public web here, or to addresses that stay forbidden.
"""

from __future__ import annotations

import asyncio
import gzip
import ipaddress
import socket
from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from bot.errors import UnreadableEssay
from bot.publishing.fetch_page import Address, Page, fetch_page, is_public, read_page

PAGE = (
    "<html><head><title>On Mending</title></head><body><article><h1>On Mending</h1>"
    "<p>A torn sleeve is a question, and there are only three answers to it, says "
    "<a href='/who'>somebody</a>.</p><p>What have you mended?</p></article></body></html>"
)


class Names(AbstractResolver):
    """Leads each name to the addresses it is given, one after the other, the last for good."""

    def __init__(self, names: Mapping[str, list[str]]) -> None:
        self.names = {name: list(addresses) for name, addresses in names.items()}
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        waiting = self.names.get(host)
        if not waiting:
            raise OSError("no such name")
        address = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]  # fmt: skip

    async def close(self) -> None:
        pass


def allows(address: Address) -> bool:
    return address == ipaddress.ip_address("127.0.0.1")


class Site:
    """A server and the requests it got."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.port = 0

    def address(self, path: str, name: str = "essays.example") -> str:
        return f"http://{name}:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.got.append(request.path)
        match request.path:
            case "/page":
                return web.Response(text=PAGE, content_type="text/html")
            case "/latin":
                return web.Response(
                    body="Café\n\nThe naïve café.".encode("cp1252"),
                    headers={"Content-Type": "text/plain; charset=windows-1252"},
                )
            case "/packed":
                return web.Response(
                    body=gzip.compress(PAGE.encode()),
                    headers={"Content-Encoding": "gzip", "Content-Type": "text/html"},
                )
            case "/bomb":
                return web.Response(
                    body=gzip.compress(b"a" * 200_000_000, 1),
                    headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"},
                )
            case "/broken":
                return web.Response(
                    body=b"nothing of the kind",
                    headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"},
                )
            case "/cut":
                return web.Response(
                    body=gzip.compress(PAGE.encode())[: int(request.query["to"])],
                    headers={"Content-Encoding": "gzip", "Content-Type": "text/html"},
                )
            case "/two-members":
                return web.Response(
                    body=gzip.compress(PAGE.encode()) + gzip.compress(b"<p>More.</p>"),
                    headers={"Content-Encoding": "gzip", "Content-Type": "text/html"},
                )
            case "/trailing":
                return web.Response(
                    body=gzip.compress(PAGE.encode()) + b"\0",
                    headers={"Content-Encoding": "gzip", "Content-Type": "text/html"},
                )
            case "/brotli":
                return web.Response(
                    body=b"x", headers={"Content-Encoding": "br", "Content-Type": "text/plain"}
                )
            case "/large":
                return web.Response(body=b"a" * (6 * 1024 * 1024), content_type="text/plain")
            case "/picture":
                return web.Response(body=b"x", content_type="image/png")
            case "/forever":
                response = web.StreamResponse(headers={"Content-Type": "text/plain"})
                await response.prepare(request)
                await response.write(b"a")
                await asyncio.Event().wait()
                return response
            case "/to":
                return web.Response(status=302, headers={"Location": request.query["where"]})
            case "/loop":
                return web.Response(status=302, headers={"Location": "/loop"})
        return web.Response(status=404)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    held = Site()
    app = web.Application()
    app.router.add_route("GET", "/{tail:.*}", held.answer)
    server = TestServer(app)
    await server.start_server(shutdown_timeout=0.1)
    assert server.port is not None
    held.port = server.port
    yield held
    await server.close()


def names(**more: list[str]) -> Names:
    return Names({"essays.example": ["127.0.0.1"], **{f"{k}.example": v for k, v in more.items()}})


async def got(address: str, resolver: Names | None = None) -> Page:
    return await fetch_page(address, resolver=resolver or names(), allows=allows)


async def test_a_page_is_fetched_and_read_with_its_links(site: Site) -> None:
    essay = await read_page(site.address("/page"), resolver=names(), allows=allows)
    assert essay.title == "On Mending"
    assert essay.source_url == site.address("/page")
    assert essay.questions == ("What have you mended?",)
    links = [span.link for placed in essay.body for span in getattr(placed.block, "spans", ())]
    assert site.address("/who") in links


async def test_the_charset_that_the_server_names_is_used(site: Site) -> None:
    assert (await got(site.address("/latin"))).data == "Café\n\nThe naïve café."


async def test_a_compressed_page_is_decompressed(site: Site) -> None:
    assert (await got(site.address("/packed"))).data == PAGE.encode()


async def test_redirects_are_followed_and_the_last_address_is_returned(site: Site) -> None:
    page = await got(site.address("/to?where=/page"))
    assert page.address == site.address("/page")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/bomb", "larger than 5 MiB"),
        ("/large", "larger than 5 MiB"),
        ("/broken", "damaged"),
        ("/cut?to=0", "damaged"),
        ("/cut?to=5", "damaged"),
        ("/cut?to=60", "damaged"),
        ("/cut?to=-1", "damaged"),
        ("/cut?to=-8", "damaged"),
        ("/two-members", "damaged"),
        ("/trailing", "damaged"),
        ("/brotli", "compressed"),
        ("/picture", "image/png"),
        ("/none", "404"),
        ("/loop", "redirects too many times"),
        ("/to?where=ftp://essays.example/x", "http://"),
        ("/to?where=http://127.0.0.2/x", "private"),
        ("/to?where=http://[::1]/x", "private"),
        ("/to?where=http://169.254.169.254/latest/meta-data", "private"),
        ("/to?where=http://inside.example/x", "private"),
    ],
)
async def test_a_page_that_cannot_be_fetched_is_a_sentence(
    site: Site, path: str, sentence: str
) -> None:
    with pytest.raises(UnreadableEssay, match=sentence):
        await got(site.address(path), names(inside=["10.0.0.7"]))


async def test_a_page_that_does_not_end_is_given_up(site: Site) -> None:
    with pytest.raises(UnreadableEssay, match="too long"):
        await fetch_page(site.address("/forever"), resolver=names(), allows=allows, seconds=0.5)


async def test_a_name_that_resolves_to_a_private_address_later_is_rejected(site: Site) -> None:
    resolver = names(turning=["127.0.0.1", "127.0.0.2"])
    address = site.address(
        f"/to?where={site.address('/page', 'turning.example')}", "turning.example"
    )
    with pytest.raises(UnreadableEssay, match="private"):
        await got(address, resolver)
    assert resolver.asked == ["turning.example", "turning.example"]
    assert site.got == ["/to"]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.2/", "http://127.0.0.2:8080/", "http://[::1]/", "http://10.1.2.3/",
        "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0/",
    ],
)  # fmt: skip
async def test_private_ip_addresses_are_rejected_without_a_request(
    address: str,
) -> None:
    with pytest.raises(UnreadableEssay, match="private"):
        await got(address)


@pytest.mark.parametrize(
    "address",
    ["", "essay.txt", "file:///etc/passwd", "ftp://essays.example/", "http://", "http://[x", "//a"],
)
async def test_an_invalid_web_address_is_rejected(address: str) -> None:
    with pytest.raises(UnreadableEssay, match="http://"):
        await got(address)


async def test_an_address_with_a_password_is_rejected() -> None:
    with pytest.raises(UnreadableEssay, match="password"):
        await got("http://ann:secret@essays.example/")


async def test_an_unknown_host_name_is_reported() -> None:
    with pytest.raises(UnreadableEssay, match="can't reach this page"):
        await got("http://nobody.example/")


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "0x7f.1",
        "0",
        "0.",
        "127.1.",
        "0x",
        "example.1",
        "essays.example.0x7f",
        "１２７．１",
        "%31%32%37.0.0.1",
        "ex..example.com",
        ".example.com",
        "example.com..",
        f"{'a' * 64}.example",
        f"{'ä' * 60}.example",
        ".".join(["a" * 50] * 6),
    ],
)
async def test_a_host_that_is_no_name_is_rejected_by_its_form(site: Site, host: str) -> None:
    class AnyName(Names):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            return await super().resolve("essays.example", port, family)

    resolver = AnyName({"essays.example": ["127.0.0.1"]})
    with pytest.raises(UnreadableEssay, match="Is the link right"):
        await got(f"http://{host}:{site.port}/page", resolver)
    address = quote(f"http://{host}:{site.port}/page")
    with pytest.raises(UnreadableEssay, match="Is the link right"):
        await got(site.address(f"/to?where={address}"), resolver)
    assert "/page" not in site.got


@pytest.mark.parametrize(
    "host",
    ["essays.example.", "xn--bcher-kva.example", "bücher.example", "1a.example", "a_b.example"],
)
async def test_unusual_names_are_looked_up(site: Site, host: str) -> None:
    resolver = Names({"essays.example.": ["127.0.0.1"], host: ["127.0.0.1"]})
    resolver.names["xn--bcher-kva.example"] = ["127.0.0.1"]
    assert (await got(f"http://{host}:{site.port}/page", resolver)).data == PAGE


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("feff:ffff::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("2002:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
