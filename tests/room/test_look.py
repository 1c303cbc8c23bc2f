"""The page on a phone, in light and dark mode, and for screen readers."""

from __future__ import annotations

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from bot.emulator.server import Emulator
from bot.emulator.world.seed import add_member, seed_world
from tests.room.visitor import Visitor, visiting

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

NAMELESS = """() => [...document.querySelectorAll('button, select, textarea, input, a, [role]')]
    .filter((one) => one.checkVisibility() && !one.hidden)
    .filter((one) => !['log', 'presentation', 'status', 'alert', 'group'].includes(one.role))
    .filter((one) => !(one.ariaLabel || one.title || one.innerText.trim()
        || one.labels?.length || one.getAttribute('aria-labelledby')))
    .map((one) => one.outerHTML.slice(0, 120))"""
WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"
CONTRAST = """(node) => {
    const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const light = (text) => {
        const [r, g, b] = text.match(/[\\d.]+/g).map(Number);
        return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
    };
    const behind = (one) => {
        const colour = getComputedStyle(one).backgroundColor;
        return /, 0\\)$/.test(colour) ? behind(one.parentElement) : colour;
    };
    const [a, b] = [light(getComputedStyle(node).color), light(behind(node))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
READABLE = 4.5
"""docs: Web Content Accessibility Guidelines 2.2, 1.4.3 Contrast (Minimum)."""


async def test_on_a_phone_everything_is_reachable_and_nothing_overflows(
    chromium: Browser, emulator: Emulator
) -> None:
    async with visiting(chromium, emulator, size=(360, 640), light=True) as visitor:
        await visitor.writes("a word " * 60 + "x" * 300, shown_as="a word")
        assert await visitor.evaluate(WIDE) <= 0
        sidebar = visitor.page.get_by_role("navigation")
        await expect(sidebar).to_be_hidden()
        await visitor.page.get_by_role("button", name="Channels").click()
        await sidebar.get_by_role("button", name="admins").click()
        await expect(visitor.main.get_by_role("heading", name="admins", exact=True)).to_be_visible()
        await expect(sidebar).to_be_hidden()
        shown = await visitor.writes("to the point")
        await visitor.menu(shown, "Open a thread")
        await visitor.page.get_by_role("button", name="Open", exact=True).click()
        await visitor.writes("in the thread", visitor.side)
        box = await visitor.side.bounding_box()
        assert box is not None
        assert box["width"] == 360
        assert await visitor.evaluate(WIDE) <= 0
        await visitor.page.get_by_role("button", name="Close the thread").click()
        await expect(visitor.message("to the point")).to_be_visible()


async def test_the_channel_drawer_closes_on_escape_on_a_tap_outside_and_with_its_button(
    chromium: Browser, emulator: Emulator
) -> None:
    async with visiting(chromium, emulator, size=(360, 640)) as visitor:
        button = visitor.page.get_by_role("button", name="Channels")
        drawer = visitor.page.get_by_role("navigation")

        async def press_escape() -> None:
            await visitor.page.keyboard.press("Escape")

        async def tap_outside() -> None:
            await visitor.page.mouse.click(340, 300)

        async def tap_the_bar() -> None:
            await visitor.page.mouse.click(20, 60)

        for close in (press_escape, tap_outside, tap_the_bar, button.click):
            await button.click()
            await expect(drawer).to_be_visible()
            await expect(button).to_have_attribute("aria-expanded", "true")
            await expect(drawer.get_by_role("button", name="essays")).to_be_focused()
            await close()
            await expect(drawer).to_be_hidden()
            await expect(button).to_have_attribute("aria-expanded", "false")
        await button.click()
        await press_escape()
        await expect(button).to_be_focused()
        await button.click()
        await visitor.page.set_viewport_size({"width": 1000, "height": 640})
        await expect(drawer).to_be_visible()
        await visitor.page.set_viewport_size({"width": 360, "height": 640})
        await expect(drawer).to_be_hidden()


async def test_on_a_phone_every_control_of_the_clock_is_in_view(
    chromium: Browser, emulator: Emulator
) -> None:
    async with visiting(chromium, emulator, size=(360, 640)) as visitor:
        for name in ("+1 h", "+1 day", "+1 week", "Next prompt"):
            await expect(visitor.page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
        assert await visitor.evaluate(WIDE) <= 0


async def test_avatars_of_different_members_look_different(
    chromium: Browser, emulator: Emulator
) -> None:
    world = emulator.world
    for name in ("Anna", "Anton", "Bea", "Benno", "大", "x"):
        add_member(world, world.guild, name)
    members = [world.users[one] for one in world.guild.members if not world.users[one].bot]
    async with visiting(chromium, emulator) as visitor, aiohttp.ClientSession() as session:
        address = f"{emulator.api}/channels/{visitor.channel('essays')}/messages"
        for user in members:
            headers = {"Authorization": user.token}
            async with session.post(address, json={"content": "x"}, headers=headers) as response:
                assert response.status == 200
        avatars = visitor.main.locator(".avatar")
        await expect(avatars).to_have_count(len(members))
        colours = await avatars.evaluate_all(
            "(all) => all.map((one) => getComputedStyle(one).backgroundColor)"
        )
        assert len(set(colours)) == len(colours)
        for one in await avatars.all():
            assert await one.evaluate(CONTRAST) >= READABLE


@pytest.mark.parametrize("light", [True, False], ids=["light", "dark"])
async def test_text_has_enough_contrast_in_light_and_dark_mode(
    chromium: Browser,
    emulator: Emulator,
    light: bool,  # noqa: FBT001, RUF100 - a parameter of the test
) -> None:
    async with visiting(chromium, emulator, light=light) as visitor:
        theme = "light" if light else "dark"
        await expect(visitor.page.locator("html")).to_have_attribute("data-theme", theme)
        await visitor.writes("a **word** and `code` at https://example.org", shown_as="a word")
        shown = visitor.message("a word")
        for part in (".markup", ".author", ".head time", "code", ".markup a"):
            assert await shown.locator(part).evaluate(CONTRAST) >= READABLE, part
        for name in ("essays", "admins"):
            button = visitor.page.get_by_role("navigation").get_by_role("button", name=name)
            assert await button.evaluate(CONTRAST) >= READABLE
        await visitor.page.get_by_role("button", name="Light or dark").click()
        other = "dark" if light else "light"
        await expect(visitor.page.locator("html")).to_have_attribute("data-theme", other)
        await visitor.page.reload()
        await expect(visitor.page.locator("html")).to_have_attribute("data-theme", other)


async def test_every_control_has_an_accessible_name(visitor: Visitor) -> None:
    shown = await visitor.writes("hear me")
    await shown.hover()
    assert await visitor.evaluate(NAMELESS) == []
    await visitor.page.get_by_role("button", name="Faults").click()
    assert await visitor.evaluate(NAMELESS) == []
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.get_by_role("dialog")).to_have_count(0)
    await expect(visitor.page.get_by_role("button", name="Faults")).to_be_focused()


async def test_an_open_page_reconnects_to_the_next_rehearsal(
    chromium: Browser, emulator: Emulator
) -> None:
    async with visiting(chromium, emulator) as visitor:
        await visitor.writes("before the end")
        await emulator.stop()
        await expect(visitor.page.locator("#status")).to_contain_text("Reconnecting")
        following = Emulator(seed_world(), rates=False)
        await following.start(port=emulator.address.port)
        following.room.offers = False
        try:
            await expect(visitor.message("before the end")).to_have_count(0, timeout=20_000)
            following_visitor = Visitor(visitor.page, following)
            await following_visitor.writes("and a beginning")
            assert following_visitor.said("and a beginning").content
        finally:
            await following.stop()
