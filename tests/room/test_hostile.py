"""Members' messages are text: they run nothing, mislead nobody and disturb no other message."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from bot.emulator.rules.message_input import Draft
from bot.emulator.rules.messages import build_message, post
from bot.emulator.world.seed import add_member
from tests.room.visitor import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

HOSTILE = {
    "script": "<script>window.struck = 1</script>",
    "handler": '<img src=x onerror="window.struck = 1"> <svg onload=window.struck=1>',
    "address": "[click me](javascript:window.struck=1) javascript:window.struck=1",
    "data": "[click me](data:text/html,<script>struck=1</script>)",
    "quotes": '[a](https://example.org/"onmouseover="window.struck=1) \'"`><b>',
    "liar": "[https://discord.com](https://evil.example)",
    "unclosed": "**a *b __c ~~d ||e `f ``g ```h > [i](j <@1 <t:9 <#",
    "code": "```html\n<script>window.struck = 1</script>\n```",
    "spoiler": "||<iframe srcdoc='<script>parent.struck=1</script>'>||",
    "bidi": "\u202egnp.exe \u2066\u2067 \u202dabc\u202e and on",
    "zalgo": "Z\u0351\u036b\u0343\u032a\u0302" * 200,
    "entities": "&lt;script&gt; &#x3c;b&#x3e; &nbsp;",
    "moment": "<t:99999999999999:R> <t:-99999999999:F> <t:0:R>",
    "nested": "> " * 300 + "deep " + "- " * 200 + "*_~~" * 200,
    "brackets": "[" * 900 + "](" * 200,
}


OPEN_MARKS = ("*a _b ", "[(", "||`", "> - ", "<@<t:", "```x\n", "``a`", "**a*", "[[a]", "- a\n")

FIND_WRONG = """(node) => [...node.querySelectorAll('*')].flatMap((one) => [
    ...(one.matches('script, iframe, svg, object, embed, img, form, style') ? [one.tagName] : []),
    ...[...one.attributes].filter((a) => a.name.startsWith('on')
        || /^\\s*(javascript|data):/i.test(a.value)).map((a) => a.name + '=' + a.value),
])"""


async def test_hostile_messages_are_shown_as_text_and_run_nothing(visitor: Visitor) -> None:
    for name, text in HOSTILE.items():
        await visitor.main.locator("textarea").fill(text)
        await visitor.main.locator("textarea").press("Enter")
        await visitor.writes(f"after {name}")
    assert await visitor.main.get_by_role("article").count() == 2 * len(HOSTILE)
    for node in await visitor.main.get_by_role("article").all():
        assert await node.evaluate(FIND_WRONG) == []
    assert await visitor.evaluate("window.struck") is None
    links = await visitor.main.get_by_role("link").evaluate_all("(all) => all.map((a) => a.href)")
    assert links
    assert all(link.startswith(("https://example.org/", "https://evil.example")) for link in links)
    assert all(url.startswith(visitor.emulator.page) for url in visitor.called)
    written = visitor.message("<script>window.struck = 1</script>").first
    await expect(written).to_be_visible()


async def test_bidirectional_text_stays_in_its_own_line(visitor: Visitor) -> None:
    await visitor.writes("\u202eesrever\u202e")
    await visitor.writes("upright")
    shown = visitor.message("upright")
    box = await shown.locator(".markup").bounding_box()
    left = await visitor.message("esrever").locator(".markup").bounding_box()
    assert box is not None
    assert left is not None
    assert box["x"] == left["x"]
    style = "(node) => getComputedStyle(node).unicodeBidi"
    assert await shown.locator(".markup").evaluate(style) == "isolate"


async def test_a_link_whose_label_is_another_address_shows_its_target(
    visitor: Visitor,
) -> None:
    await visitor.writes(HOSTILE["liar"], shown_as="evil.example")
    await expect(visitor.message("evil.example")).to_contain_text("](https://evil.example")


async def test_a_hundred_kilobytes_are_rejected_and_still_shown_if_received(
    visitor: Visitor,
) -> None:
    box = visitor.main.locator("textarea")
    await box.fill("*a _b " * 17_000)
    await box.press("Enter")
    await expect(visitor.main.get_by_role("alert").last).to_contain_text("Not sent")
    world = visitor.emulator.world
    channel = world.channels[visitor.channel("essays")]
    for start in OPEN_MARKS:
        text = (start * 100_000)[:100_000] + " end"
        post(world, build_message(world, channel, visitor.member("Ben"), Draft(content=text)))
        await expect(visitor.main.get_by_role("article").last).to_contain_text("end")
    await box.fill("")
    await visitor.writes("still here")


async def test_parsing_markdown_takes_linear_time(visitor: Visitor) -> None:
    script = """async (starts) => {
        const { parse } = await import('/page/markdown.js');
        return starts.map((start) => parse(start.repeat(100000).slice(0, 100000)).length);
    }"""
    async with asyncio.timeout(20):
        found = await visitor.page.evaluate(script, list(OPEN_MARKS))
    assert all(number > 0 for number in found)


async def test_names_are_shown_as_text_too(visitor: Visitor) -> None:
    world = visitor.emulator.world
    name = "<b onclick=struck=1>\u202eevE"
    add_member(world, world.guild, name)
    await expect(
        visitor.page.locator("#member option").filter(has_text="<b onclick")
    ).to_have_count(1)
    await visitor.become(name)
    await visitor.writes("It is me.")
    await expect(visitor.message("It is me.").locator(".author bdi")).to_have_text(name)
    assert await visitor.evaluate("window.struck") is None


async def test_an_attached_html_file_is_not_shown_as_a_page(visitor: Visitor) -> None:
    channel, ann = visitor.channel("essays"), visitor.member("Ann")
    answer = await visitor.page.request.post(
        f"{visitor.emulator.api}/channels/{channel}/messages",
        headers={"Authorization": ann.token},
        multipart={
            "payload_json": '{"content": "look"}',
            "files[0]": {
                "name": "page.html",
                "mimeType": "text/html",
                "buffer": b"<script>opener.struck = 1</script>",
            },
        },
    )
    assert answer.ok
    (attachment,) = (await answer.json())["attachments"]
    fetched = await visitor.page.request.get(attachment["url"])
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in fetched.headers["content-security-policy"]
