"""Actions of people that several scenes share."""

from __future__ import annotations

from typing import Any

from bot.emulator.world.models import User
from bot.emulator.world.seed import invite_bot
from tests.faults.scene_play import ScenePlay
from tests.support.running_bot import ESSAY, form_data

__all__ = [
    "DAY",
    "ESSAY",
    "LONG",
    "QUOTE",
    "allow",
    "allow_command",
    "change",
    "change_prompt_setting",
    "choose",
    "come_back",
    "command",
    "edit",
    "fault",
    "forget",
    "head_of",
    "leave",
    "long",
    "option",
    "press_on",
    "publish",
    "set_up",
    "state_of",
    "submit",
    "threads",
    "with_head",
]

DAY = 86_400
#: A line that quotes words of the essay.
QUOTE = "> The dough does not care"


def long(*names: str, title: str = "Long") -> str:
    """An essay with a part for each of ``names``."""
    paragraphs = [f"{name}. " + "The dough does not care. " * 60 for name in names]
    return f"# {title}\n\n" + "\n\n".join(paragraphs)


LONG = long("One", "Two", "Three")


def option(name: str, value: Any, kind: int = 3) -> dict[str, Any]:
    """An option of a command; a text unless ``kind`` says otherwise."""
    return {"type": kind, "name": name, "value": value}


def state_of(play: ScenePlay, title: str) -> str:
    """The state of the newest discussion of an essay; "" where there is none."""
    rows = play.rows(
        """
        SELECT state FROM discussions
        JOIN revisions ON discussion_id = discussions.id
        WHERE title = :title
        ORDER BY discussions.id DESC
        """,
        title=title,
    )
    return rows[0]["state"] if rows else ""


async def publish(
    play: ScenePlay,
    essay: str = ESSAY,
    *,
    channel: str = "essays",
    style: str | None = None,
    title: str = "Slow bread",
) -> list[dict[str, Any]]:
    """Publish an essay; the bot's messages in the channel, oldest first."""
    options = [option("channel", str(play.channel(channel)), 7)]
    options += [] if style is None else [option("style", style)]

    async def attempt() -> None:
        shown = await play.run_command(
            "essay publish", file=("essay.md", essay.encode()), options=options
        )
        await play.press(shown, "Publish")

    await play.retry_until(
        attempt,
        lambda: state_of(play, title) not in ("", "draft"),
        f"{title} published",
    )
    await play.settle(60)
    return await play.bot_messages(
        None if channel == "essays" else int((await threads(play))[-1]["id"])
    )


async def threads(play: ScenePlay) -> list[dict[str, Any]]:
    """All threads, the oldest first."""
    found = (await play.world())["threads"]
    return sorted(found, key=lambda thread: int(thread["id"]))


async def head_of(play: ScenePlay, *, who: str = "Ann", text: str = "I would.") -> int:
    """Reply to the last of the bot's messages, which opens a thread; the reply's id."""
    *_, closing = await play.bot_messages()
    head = await play.write(who, text, to=closing["id"])
    await play.settle(60)
    return head


async def with_head(play: ScenePlay) -> int:
    """A published essay with one reply to it, which heads a thread."""
    await publish(play)
    return await head_of(play)


async def command(
    play: ScenePlay, name: str, *words: str, who: User | None = None, **options: Any
) -> dict[str, Any]:
    """Run a command until it is answered with ``words``; the interaction."""
    found: dict[str, Any] = await play.until_answered(
        lambda: play.run_command(
            name, who=who, options=[option(key, value) for key, value in options.items()]
        ),
        *words,
    )
    return found


async def edit(play: ScenePlay, text: str, *, title: str, revision: int = 2) -> None:
    """Edit essay 1, until the text is its revision."""

    async def attempt() -> None:
        file = ("essay.md", text.encode())
        shown = await play.run_command("essay edit", options=[option("essay", "1")], file=file)
        await play.press(shown, "Apply")

    def done() -> bool:
        sql = "SELECT title FROM revisions WHERE discussion_id = 1 AND number = :number"
        return [row["title"] for row in play.rows(sql, number=revision)] == [title]

    await play.retry_until(attempt, done, f"revision {revision}")


async def press_on(
    play: ScenePlay, name: str, button: str, done: Any, what: str, **options: Any
) -> None:
    """Run a command and press a button below its answer, until it is ``done``."""
    given = [option(key, value) for key, value in options.items()]

    async def attempt() -> None:
        await play.press(await play.run_command(name, options=given), button)

    await play.retry_until(attempt, done, what)


async def choose(
    play: ScenePlay, menu: str, message_id: int, where: int, who: User
) -> dict[str, Any]:
    """Choose a message command on a message."""
    known = next(c for c in play.emulator.world.commands.values() if c.name == menu)
    data = {
        "id": str(known.id),
        "name": menu,
        "type": 3,
        "version": str(known.version),
        "target_id": str(message_id),
    }
    return await play.interact(2, data, who=who, channel_id=where)


async def submit(
    play: ScenePlay,
    form: dict[str, Any],
    entered: dict[str, str],
    *,
    who: User | None = None,
    channel_id: int | None = None,
) -> dict[str, Any]:
    """Submit the form that an interaction was answered with."""
    answer = form["answer"]
    assert answer is not None, "no form was shown"
    return await play.interact(5, form_data(answer, entered), who=who, channel_id=channel_id)


async def set_up(play: ScenePlay, column: str, value: Any, what: str, *chosen: Any) -> None:
    """Choose something in the panel, until the archive has it."""

    async def attempt() -> None:
        panel = await play.run_command("setup")
        await play.settle()
        answer = await play.answer_message(panel)
        parts = {one["custom_id"]: one for one in _flat(answer["components"]) if "custom_id" in one}
        part = parts[f"salon:setup:{what}"]
        data: dict[str, Any] = {"component_type": part["type"], "custom_id": part["custom_id"]}
        if part["type"] != 2:
            data["values"] = [str(one) for one in chosen]
        await play.interact(3, data, message_id=answer["id"], message_flags=answer["flags"])

    def done() -> bool:
        rows = play.rows("SELECT * FROM server_settings")
        return bool(rows) and rows[0][column] == value

    await play.retry_until(attempt, done, f"{what} set up")


def _flat(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = list(components)
    for component in components:
        found += _flat(component.get("components", []))
        if "accessory" in component:
            found.append(component["accessory"])
    return found


async def change(play: ScenePlay, channel_id: int, **body: Any) -> None:
    """Change a channel or thread as the admin."""
    await play.call_as(play.member(), "PATCH", f"/channels/{channel_id}", body)


async def allow(play: ScenePlay, channel: str, *, allow: int = 0, deny: int = 0) -> None:
    """Allow or deny the bot permissions in a channel."""
    path = f"/channels/{play.channel(channel)}/permissions/{play.emulator.world.bot.id}"
    body = {"type": 1, "allow": str(allow), "deny": str(deny)}
    await play.call_as(play.member(), "PUT", path, body)


async def allow_command(play: ScenePlay, name: str) -> None:
    """Allow everybody a command under *Integrations*."""
    world = play.emulator.world
    command_id = next(one.id for one in world.commands.values() if one.name == name)
    path = f"/applications/{world.application.id}/guilds/{play.server_id}/commands/{command_id}"
    everybody = {"type": 1, "id": str(play.server_id), "permission": True}
    await play.call_as(play.member(), "PUT", f"{path}/permissions", {"permissions": [everybody]})


async def fault(play: ScenePlay, method: str, path: str, **more: Any) -> None:
    """Add a fault that belongs to the scene."""
    body = {"kind": "http", "method": method, "path": path, "times": 1, "after_effect": False}
    await play.control("faults", body | more)


async def forget(play: ScenePlay, member: User) -> None:
    """Have a member's data deleted, until it is."""

    async def attempt() -> None:
        asked = await play.run_command("privacy forget-me", who=member)
        await play.press(asked, "Delete", who=member)

    await play.retry_until(
        attempt,
        lambda: play.rows("SELECT 1 FROM erased_members WHERE member_id = :id", id=member.id),
        f"{member.name} erased",
    )
    await play.settle(60)


async def leave(play: ScenePlay) -> None:
    """Remove the bot from the server, until it knows."""
    world, guild = play.emulator.world, next(iter(play.emulator.world.guilds.values()))
    await play.call_as(play.member(), "DELETE", f"/guilds/{guild.id}/members/{world.bot.id}")
    await play.until_stored("SELECT 1 FROM servers WHERE left_at IS NOT NULL")
    await play.settle(1)


async def come_back(play: ScenePlay) -> None:
    """Invite the bot into the server again, until it knows.

    One that has just been started learns of its servers within moments of real time.
    """
    world, guild = play.emulator.world, next(iter(play.emulator.world.guilds.values()))
    invite_bot(world, guild, world.bot)
    await play.until_stored("SELECT 1 FROM servers WHERE left_at IS NULL")


async def change_prompt_setting(
    play: ScenePlay, column: str, value: Any, given: dict[str, Any]
) -> None:
    """Change one of the prompt settings, until the archive has it."""

    def done() -> bool:
        rows = play.rows("SELECT * FROM server_settings")
        return bool(rows) and rows[0][column] == value

    async def attempt() -> None:
        await play.run_command("prompts settings", options=[given])

    await play.retry_until(attempt, done, f"{column} {value}")
