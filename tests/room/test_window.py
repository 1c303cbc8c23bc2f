"""A channel with thousands of messages: only what is near is on the page."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.emulator.rules.message_input import Draft
from bot.emulator.rules.messages import build_message
from tests.room.visitor import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

MOST = 160
STEPS = 12


async def test_scrolling_five_thousand_messages_keeps_few_on_the_page(
    visitor: Visitor,
) -> None:
    world = visitor.emulator.world
    channel = world.channels[visitor.channel("essays")]
    people = [visitor.member(name) for name in ("Ann", "Ben", "Chloe", "Dev")]
    for number in range(5000):
        words = f"message {number} " + "and more words " * (number % 9)
        world.add_message(
            build_message(world, channel, people[number // 3 % 4], Draft(content=words))
        )
    await visitor.page.reload()
    await expect(visitor.message("message 4999 ")).to_be_visible()
    messages = visitor.main.get_by_role("article")
    scroller = visitor.main.locator(".scroller")
    seen = 4999
    for _ in range(STEPS):
        oldest = await messages.first.get_attribute("data-id")
        held = await scroller.evaluate(
            """(node) => {
                node.scrollTop = 500;
                const edge = node.getBoundingClientRect().top;
                const first = [...node.querySelectorAll('.message')].find(
                    (one) => one.getBoundingClientRect().bottom > edge);
                return [first.dataset.id, first.getBoundingClientRect().top - edge];
            }"""
        )
        await expect(messages.first).not_to_have_attribute("data-id", oldest or "")
        moved = await scroller.evaluate(
            """(node, [id, was]) => Math.abs(node.querySelector(`[data-id="${id}"]`)
                .getBoundingClientRect().top - node.getBoundingClientRect().top - was)""",
            held,
        )
        assert moved < 3  # what was being read stays where it is
        assert await messages.count() <= MOST
        first = await messages.first.inner_text()
        number = int(first.split("message ")[1].split()[0])
        assert number < seen
        seen = number
    assert seen < 4500
    await visitor.main.get_by_role("button", name="New messages").click()
    await expect(visitor.message("message 4999 ")).to_be_visible()
    assert await messages.count() <= MOST


async def test_a_jump_leads_to_a_message_far_away_and_back(visitor: Visitor) -> None:
    first = await visitor.writes("where it began")
    await visitor.menu(first, "Reply")
    world = visitor.emulator.world
    channel = world.channels[visitor.channel("essays")]
    for number in range(600):
        world.add_message(
            build_message(world, channel, visitor.member("Ann"), Draft(content=f"talk {number}"))
        )
    await visitor.writes("an answer")
    await visitor.page.reload()
    await expect(visitor.message("where it began", visitor.main.locator(".list"))).to_have_count(1)
    await visitor.message("an answer").locator(".reference").click()
    await expect(visitor.main.locator(".found .markup")).to_have_text("where it began")
    await visitor.main.get_by_role("button", name="New messages").click()
    await expect(visitor.message("an answer")).to_be_visible()
