"""Pictures of essays: checked in a child process, uploaded with their messages, edited, erased."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from PIL import Image

from bot.core import limits
from bot.errors import UnreadableEssay, UserError
from bot.publishing.fetch_page import fetch_picture
from bot.publishing.pictures import check_picture
from storage.essays import submissions
from storage.essays.submissions import Submission, SubmittedCover
from tests.support.exports import export_essay
from tests.support.running_bot import RunningBot, form_data, running_bot

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'viewBox="0 0 40 20"><script>alert(1)</script><image xlink:href="http://127.0.0.1:1/x.png"/>'
    '<image href="file:///etc/passwd"/><rect width="40" height="20" fill="red"/></svg>'
)


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), colour: str = "red") -> bytes:
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, kind)
    return held.getvalue()


def noise(kind: str, side: int) -> bytes:
    held = io.BytesIO()
    pixels = random.Random(1).randbytes(side * side * 3)
    Image.frombytes("RGB", (side, side), pixels).save(held, kind)
    return held.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds hardly any pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + crc

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1_000_000))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("kind", "ending"),
    [("PNG", "png"), ("JPEG", "jpg"), ("GIF", "gif"), ("WEBP", "webp"), ("AVIF", "avif")],
)
async def test_a_picture_is_kept_as_it_is_and_named_by_its_hash(kind: str, ending: str) -> None:
    data = picture(kind)
    checked = await check_picture(data)
    assert checked is not None
    assert checked.content == data
    assert checked.name.endswith(f".{ending}")
    assert len(checked.name) == 39 + len(ending)


async def test_an_svg_is_drawn_without_scripts_and_without_what_is_outside_of_it() -> None:
    checked = await check_picture(SVG.encode())
    assert checked is not None
    drawn = Image.open(io.BytesIO(checked.content))
    assert (drawn.format, drawn.size) == ("PNG", (1600, 800))
    assert drawn.convert("RGB").getpixel((800, 400)) == (255, 0, 0)


async def test_a_picture_that_is_too_large_is_scaled_down() -> None:
    data = noise("PNG", 2_100)
    assert len(data) > limits.FILE_BYTES
    checked = await check_picture(data)
    assert checked is not None
    assert len(checked.content) <= limits.FILE_BYTES
    assert Image.open(io.BytesIO(checked.content)).size[0] > 1_000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>not a picture</html>",
        picture()[:60],
        png_of(60_000, 60_000),
        png_of(12_000, 12_000),
        png_of(5_000, 5_000),
        b"%PDF-1.4",
        b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="100000"/>',
        b'<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        b"<svg><g>",
        picture("BMP"),
        picture("TIFF"),
    ],
    ids=["empty", "page", "cut", "huge", "bomb", "short", "pdf", "long", "entity", "svg", "bmp",
         "tiff"],
)  # fmt: skip
async def test_what_is_no_picture_or_a_bomb_is_refused(data: bytes) -> None:
    assert await check_picture(data) is None


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3)])
async def test_a_spacer_is_left_out(size: tuple[int, int]) -> None:
    checked = await check_picture(picture("GIF", size))
    assert checked is not None
    assert checked.name == ""


async def test_a_picture_in_a_data_url_of_a_text_is_found_by_the_hash_of_its_bytes() -> None:
    other = base64.b64encode(b"another").decode()
    encoded = base64.b64encode(noise("PNG", 20)).decode()
    text = f"![a](data:image/png;base64,{other})\n\n![b](data:image/png;base64,{encoded})".encode()
    name = hashlib.sha256(noise("PNG", 20)).hexdigest()[:32]
    found = await check_picture(text, f"data:{name}")
    assert found is not None
    assert found.content == noise("PNG", 20)
    assert await check_picture(text, "data:0123") is None
    hostile = b"data:image/png;base64," * 40_000
    assert await check_picture(hostile, f"data:{name}") is None


async def test_a_picture_inside_a_file_is_found_by_its_path() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("word/media/a.png", picture())
    checked = await check_picture(held.getvalue(), "word/media/a.png")
    assert checked is not None
    assert checked.content == picture()
    assert await check_picture(held.getvalue(), "word/media/b.png") is None
    assert await check_picture(b"no archive", "word/media/a.png") is None


@dataclass
class Site:
    """A web site on loopback: its pictures by path, and how often they were fetched."""

    files: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    origin: str = ""

    def address(self, path: str) -> str:
        return f"{self.origin}/{path}"

    async def answer(self, request: web.Request) -> web.Response:
        self.fetched.append(request.path)
        if request.path == "/elsewhere":
            raise web.HTTPFound("http://127.0.0.2:9/x.png")
        content = self.files.get(request.path[1:])
        if content is None:
            raise web.HTTPNotFound
        return web.Response(body=content, content_type="image/png")


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    served = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    served.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield served
    await runner.cleanup()


async def test_a_picture_comes_from_public_addresses_only_and_is_not_too_large(site: Site) -> None:
    site.files["a.png"] = picture()
    with pytest.raises(UnreadableEssay, match="private"):
        await fetch_picture(site.address("a.png"), 1_000_000)

    def allows(address: object) -> bool:
        return str(address) == "127.0.0.1"

    assert await fetch_picture(site.address("a.png"), 1_000_000, allows=allows) == picture()
    with pytest.raises(UnreadableEssay, match="too large"):
        await fetch_picture(site.address("a.png"), 20, allows=allows)
    with pytest.raises(UnreadableEssay, match="private"):
        await fetch_picture(site.address("elsewhere"), 1_000_000, allows=allows)


@pytest_asyncio.fixture
async def running(tmp_path: Path) -> AsyncIterator[RunningBot]:
    async with running_bot(tmp_path) as bot:
        yield bot


def shown(messages: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Content and attachments of the parts, without card and closing question."""
    return [
        (
            one["content"],
            [(a["filename"].rpartition(".")[2], a.get("description", "")) for a in files],
        )
        for one in messages
        if one["content"] and not one["deleted"]
        for files in (one["attachments"],)
    ]


async def count_pictures(running: RunningBot) -> int:
    rows = await running.database.read(lambda tx: tx.rows("SELECT name FROM pictures"))
    return len(rows)


async def test_pictures_are_uploaded_replaced_and_erased(running: RunningBot, site: Site) -> None:
    site.files = {"a.png": picture(), "b.jpg": picture("JPEG"), "c.png": picture(colour="blue")}

    def essay(second: str) -> str:
        return (
            f"# Slow bread\n\nOne.\n\n![A loaf]({site.address('a.png')} 'Baked')\n\n"
            f"![]({site.address(second)})\n\nTwo [links](https://b.example).\n\n"
            f"![Lost]({site.address('lost.png')})\n\nThree."
        )

    file = ("bread.md", essay("b.jpg").encode())
    interaction = await running.run_command("essay publish", file=file)
    assert "lost.png" in await running.answer_text(interaction)
    assert await count_pictures(running) == 2
    fetched = len(site.fetched)
    await running.press(interaction, "Publish")
    await running.settle()
    posted = await running.bot_messages()
    lost = f"Two [links](<https://b.example>).\n\n[Lost]({site.address('lost.png')})"
    assert shown(posted)[:3] == [
        ("One.\n-# Baked", [("png", "A loaf"), ("jpg", "")]),
        (lost, []),
        ("Three.", []),
    ]
    flags = {one["content"]: one["flags"] & 4 for one in posted}
    assert (flags[lost], flags["Three."]) == (0, 4)
    assert len(site.fetched) == fetched

    kept = {a["filename"]: a["id"] for one in posted for a in one["attachments"]}
    chosen = [{"type": 3, "name": "essay", "value": "1"}]
    answer = await running.run_command(
        "essay edit", options=chosen, file=("bread.md", essay("c.png").encode())
    )
    await running.press(answer, "Apply")
    await running.settle()
    posted = await running.bot_messages()
    assert shown(posted)[0] == ("One.\n-# Baked", [("png", "A loaf"), ("png", "")])
    again = {a["filename"]: a["id"] for one in posted for a in one["attachments"]}
    assert len(set(kept.items()) & set(again.items())) == 1  # the first one stayed
    assert await count_pictures(running) == 2
    exported = await running.database.read(lambda tx: export_essay(tx, "1"))
    described = {(one["type"], one["description"]) for one in exported["essay"]["attachments"]}
    assert described == {("image/png", "A loaf"), ("image/png", "")}

    answer = await running.run_command("essay withdraw", options=chosen)
    await running.press(answer, "Withdraw")
    await running.settle()
    assert await count_pictures(running) == 0


async def choose_cover(
    running: RunningBot,
    panel: dict[str, Any],
    *,
    link: str | None = None,
    file: tuple[str, bytes] | None = None,
) -> str:
    """Submit the form *Authors and cover* below an answer; what is answered."""
    form = (await running.press(panel, "Authors and cover …"))["answer"]
    entered = form_data(form, {} if link is None else {"Or a link to it": link})
    if file is not None:
        entered["components"][2]["component"]["values"] = ["0"]
        entered["attachments"] = [{"id": "0", "filename": file[0]}]
    below = (await running.answer_message(panel))["id"]
    return await running.answer_text(
        await running.interact(5, entered, file=file, message_id=below)
    )


async def shown_message(running: RunningBot, panel: dict[str, Any]) -> dict[str, Any]:
    await running.settle()
    return await running.answer_message(panel)


def covers(message: dict[str, Any]) -> list[str]:
    """The names of the pictures in a card's gallery, or their addresses outside of Discord."""
    (container,) = [one for one in message["components"] if one["type"] == 17]
    addresses = [
        item["media"]["url"]
        for one in container["components"]
        if one["type"] == 12
        for item in one["items"]
    ]
    return [
        one.partition("?")[0].rpartition("/")[2] if "/attachments/" in one else one
        for one in addresses
    ]


async def test_an_essay_with_pictures_waits_for_attach_files_and_is_then_posted_whole(
    running: RunningBot, site: Site
) -> None:
    site.files = {"a.png": picture()}
    essays = running.channel()
    path = f"/channels/{essays}/permissions/{running.salon.own_id}"
    deny = {"type": 1, "allow": "0", "deny": str(1 << 15)}
    await running.call_as(running.member(), "PUT", path, deny)
    await running.settle()
    text = f"# Slow bread\n\nOne.\n\n![A loaf]({site.address('a.png')})\n\nTwo."
    interaction = await running.run_command("essay publish", file=("bread.md", text.encode()))
    await running.press(interaction, "Publish")
    await running.settle()
    assert shown(await running.bot_messages()) == []
    said = await running.answer_text(await running.run_command("doctor"))
    assert (
        f"I can't post the essay's pictures in <#{essays}>. Give me *Attach Files* there." in said
    )
    await running.call_as(running.member(), "DELETE", path)
    await running.settle(2 * 3600)
    assert shown(await running.bot_messages())[:2] == [("One.", [("png", "A loaf")]), ("Two.", [])]


async def test_a_cover_is_chosen_by_upload_or_link_and_posted_changed_and_erased(
    running: RunningBot, site: Site
) -> None:
    site.files = {"a.png": picture(), "page.png": b"<html>"}
    essay = b"# Slow bread\n\nIt takes a night.\n\nWould you wait?"
    panel = await running.run_command("essay publish", file=("bread.md", essay))
    assert covers(await shown_message(running, panel)) == []

    told = await choose_cover(running, panel, link="ftp://a.example/a.png")
    assert "isn't a link" in told
    told = await choose_cover(running, panel, link=site.address("page.png"))
    assert "can't be the cover" in told
    lost = site.address("lost.png")
    await choose_cover(running, panel, link=lost)
    assert covers(await shown_message(running, panel)) == [lost]
    assert "couldn't fetch it" in await running.answer_text(panel)
    await choose_cover(running, panel, link=site.address("a.png"))
    (linked,) = covers(await shown_message(running, panel))
    assert linked.startswith("salon_")
    told = await choose_cover(
        running, panel, link="https://b.example/b.png", file=("b.png", picture(colour="blue"))
    )
    assert "not both" in told
    # The link that the form was shown with doesn't count beside an upload.
    await choose_cover(running, panel, file=("b.png", picture(colour="blue")))
    (uploaded,) = covers(await shown_message(running, panel))
    assert uploaded != linked
    assert await count_pictures(running) == 1

    await running.press(panel, "Publish")
    await running.settle()
    card = (await running.bot_messages())[0]
    assert covers(card) == [uploaded]
    assert len(card["attachments"]) == 1

    chosen = [{"type": 3, "name": "essay", "value": "1"}]
    edit = await running.run_command(
        "essay edit", options=chosen, file=("bread.md", essay.replace(b"night", b"day"))
    )
    assert covers(await shown_message(running, edit)) == [uploaded]
    await choose_cover(running, edit, link=site.address("a.png"))
    assert covers(await shown_message(running, edit)) == [linked]
    assert await count_pictures(running) == 2
    await running.press(edit, "Apply")
    await running.settle()
    card = (await running.bot_messages())[0]
    assert covers(card) == [linked]
    assert len(card["attachments"]) == 1
    assert await count_pictures(running) == 1

    answer = await running.run_command("essay withdraw", options=chosen)
    await running.press(answer, "Withdraw")
    await running.settle()
    assert await count_pictures(running) == 0


async def test_a_cover_is_given_with_the_essay_by_upload_or_link(
    running: RunningBot, site: Site
) -> None:
    site.files = {"a.png": picture(), "page.png": b"<html>"}
    essay = b"# Slow bread\n\nIt takes a night.\n\nWould you wait?"

    async def submit(**given: str) -> dict[str, Any]:
        options = [{"type": 3, "name": name, "value": value} for name, value in given.items()]
        return await running.run_command("essay publish", options=options, file=("bread.md", essay))

    assert "isn't a link" in await running.answer_text(await submit(cover_url="a.png"))
    refused = await submit(cover_url=site.address("page.png"))
    assert "can't be the cover" in await running.answer_text(refused)
    rows = await running.database.read(lambda tx: tx.rows("SELECT 1 FROM discussions"))
    assert rows == []
    panel = await submit(cover_url=site.address("a.png"))
    (linked,) = covers(await shown_message(running, panel))
    assert linked.startswith("salon_")
    await running.press(panel, "Publish")
    await running.settle()
    assert covers((await running.bot_messages())[0]) == [linked]


async def test_a_cover_uploaded_with_the_essay_is_saved_with_the_submission(
    running: RunningBot, site: Site
) -> None:
    site.files = {"b.png": picture(), "page.png": b"<html>"}
    publishing, ada = running.salon.services.publishing, running.member()

    def submit(number: int, name: str) -> Submission:
        return Submission(
            id=number,
            server_id=running.server_id,
            server_name="Salon",
            channel_id=running.channel(),
            member_id=ada.id,
            member_name="Ada",
            file_name=None,
            file_url=None,
            text="# Slow bread\n\nIt takes a night.\n\nWould you wait?",
            cover=SubmittedCover(None, name, site.address(name), 10),
        )

    submitted = submit(5, "b.png")
    await publishing.save_submission(submitted)
    assert await running.database.read(submissions.list_unfinished) == [submitted]
    (draft,) = (await publishing.create_drafts(submitted)).drafts
    preview = await publishing.get_preview(draft.id, running.server_id)
    assert (preview.draft.essay.cover_file or "").startswith("salon_")
    await publishing.save_submission(submit(6, "page.png"))
    with pytest.raises(UserError, match="can't be the cover"):
        await publishing.create_drafts(submit(6, "page.png"))


async def test_a_cover_stays_while_only_the_authors_change_and_is_removed_on_request(
    running: RunningBot, site: Site
) -> None:
    essay = b"# Slow bread\n\nIt takes a night.\n\nWould you wait?"
    panel = await running.run_command("essay publish", file=("bread.md", essay))
    await choose_cover(running, panel, file=("b.png", picture()))
    (uploaded,) = covers(await shown_message(running, panel))
    await choose_cover(running, panel)
    assert covers(await shown_message(running, panel)) == [uploaded]
    form = (await running.press(panel, "Authors and cover …"))["answer"]
    entered = form_data(form, {"The current cover": "remove"})
    below = (await running.answer_message(panel))["id"]
    await running.interact(5, entered, message_id=below)
    assert covers(await shown_message(running, panel)) == []


async def test_a_forum_post_starts_with_its_cover_and_loses_it_with_the_essay(
    running: RunningBot, site: Site
) -> None:
    site.files = {"a.png": picture()}
    essay = f"---\ncover: {site.address('a.png')}\n---\n# Bread\n\nIt takes a night.\n\nWhy?"
    forum = [{"type": 7, "name": "channel", "value": str(running.channel("essay-forum"))}]
    panel = await running.run_command(
        "essay publish", options=forum, file=("bread.md", essay.encode())
    )
    await running.press(panel, "Publish")
    await running.settle()
    world = running.emulator.world
    (card,) = [m for m in world.messages.values() if m.attachments]
    assert card.attachments[0].filename.startswith("salon_")
    chosen = [{"type": 3, "name": "essay", "value": "1"}]
    answer = await running.run_command("essay withdraw", options=chosen)
    await running.press(answer, "Withdraw")
    await running.settle()
    assert not card.attachments
