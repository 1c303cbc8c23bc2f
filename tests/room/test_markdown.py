"""Discord's Markdown on the page. docs: Reference › Message Formatting."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.room.visitor import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

READ = {
    "**b** *i* _i_ __u__ ~~s~~ ||p||": "strong(b) em(i) em(i) underline(u) strike(s) spoiler(p)",
    "***both***": "em(strong(both))",
    "a_b_c and 2 * 3 * 4": "a_b_c and 2 * 3 * 4",
    "**bold with *italic* in it**": "strong(bold with em(italic) in it)",
    r"\*not\* \_so\_ \# none": "*not* _so_ # none",
    "**open": "**open",
    "`a*b*` ``x`y``": "code(a*b*) code(x`y)",
    "# One\n## Two\n### Three\n#### none": "heading(One)heading(Two)heading(Three)#### none",
    "#none": "#none",
    "-# small *print*": "subtext(small em(print))",
    "> one\n> two\nout": "quote(one↵two)out",
    ">>> one\ntwo": "quote(one↵two)",
    ">none": ">none",
    "- a\n  - b\n- c": "list(item(alist(item(b)))item(c))",
    "1. a\n2. b\n- c": "list(item(a)item(b))list(item(c))",
    "```py\nx = *1*\n```": "codeblock(x = *1*)",
    "before ```x``` after": "before codeblock(x) after",
    "[label](https://example.org/a_(b)) x": "link(label) x",
    "[label](ftp://example.org)": "[label](ftp://example.org)",
    "see https://example.org/a_(b).": "see link(https://example.org/a_(b)).",
    "(https://example.org)": "(link(https://example.org))",
    "<https://example.org>": "link(https://example.org)",
    "<@1> <@&2> <#3> @here": "user role channel all(@here)",
    "</essay publish:4>": "command(essay publish)",
    "<t:1700000000:R> <t:x>": "time(<t:1700000000:R>) <t:x>",
    "<:quill:123>": "emoji(:quill:)",
    "two\nlines\n\nand more": "two↵lines↵↵and more",
}
SCRIPT = """async (texts) => {
    const { parse } = await import('/page/markdown.js');
    const bare = new Set(['text', 'plain']);
    const show = (n) => {
        if (n.kind === 'break') return '↵';
        const inner = n.text ?? (n.children ?? []).map(show).join('');
        return bare.has(n.kind) ? inner : inner ? `${n.kind}(${inner})` : n.kind;
    };
    return texts.map((text) => parse(text).map(show).join(''));
}"""


async def test_markdown_is_parsed_as_discord_does(visitor: Visitor) -> None:
    found = await visitor.page.evaluate(SCRIPT, list(READ))
    assert dict(zip(READ, found, strict=True)) == READ


async def test_a_spoiler_is_hidden_until_it_is_pressed(visitor: Visitor) -> None:
    await visitor.writes("The end: ||he reads it||", shown_as="The end")
    hidden = visitor.main.locator(".spoiler-text")
    await expect(hidden).to_be_hidden()
    await visitor.main.get_by_role("button", name="Spoiler").press("Enter")
    await expect(hidden).to_be_visible()
    await expect(hidden).to_have_text("he reads it")


async def test_mentions_show_names_and_message_links_work(visitor: Visitor) -> None:
    await visitor.writes("the first of all")
    first = visitor.said("the first of all")
    ann, essays = visitor.member("Ann").id, visitor.channel("essays")
    link = f"https://discord.com/channels/{first.guild_id}/{essays}/{first.id}"
    await visitor.writes(f"<@{ann}> in <#{essays}>: {link}", shown_as="in #essays")
    shown = visitor.message("in #essays")
    await expect(shown.locator(".mention").first).to_have_text("@Ann")
    await shown.get_by_role("button", name="#essays ›").click()
    await expect(visitor.main.locator(".found .markup")).to_have_text("the first of all")


async def test_timestamps_follow_the_rehearsal_s_clock(visitor: Visitor) -> None:
    stamp = int(visitor.emulator.world.now().timestamp()) - 3600
    await visitor.writes(f"written <t:{stamp}:R>", shown_as="written")
    await expect(visitor.message("written").locator(".markup time")).to_have_text("1 hour ago")
    await visitor.page.get_by_role("button", name="+1 week").click()
    await expect(visitor.message("written").locator(".markup time")).to_have_text("7 days ago")
