"""What members request about their own data."""

from __future__ import annotations

from tests.faults.scene_play import ScenePlay
from tests.faults.scenes import actions
from tests.faults.scenes.actions import QUOTE, allow, publish, set_up

__all__ = ["SCENES"]


async def members_request_their_data_and_its_erasure(play: ScenePlay) -> None:
    """A file of it all and the files; then threads are renamed, copies deleted, words erased.

    The server allows the command to everybody by an override, which is read for a button.
    """
    await play.bot.start()
    await play.settle()
    await allow(play, "essays", allow=1 << 29 | 1 << 13)
    await set_up(play, "channel_replies", "move", "bring", "move")
    await publish(play)
    head = await actions.head_of(play, text="My own words.")
    await actions.change(play, head, archived=True)
    *_, closing = await play.bot_messages()
    other = await play.write("Ben", "Ben's.", to=closing["id"])
    await play.settle(60)
    await play.write("Ann", f"{QUOTE}\nBeside.", to=other)
    await play.write("Ann", "Look.", channel_id=other, file=("a.png", b"picture"))
    await play.settle(60)
    ann = play.member("Ann")
    await actions.allow_command(play, "privacy")
    await actions.command(play, "privacy my-data", "replies", "your files", who=ann)

    for appear, said in (
        ("as a reader", "a reader"),
        ("by name", "name"),
        ("as a reader", "reader"),
    ):
        await actions.command(play, "privacy books", said, who=ann, appear=appear)

    async def forget() -> None:
        asked = await play.run_command("privacy forget-me", who=ann)
        await play.press(asked, "Delete and stop saving", who=ann)

    await play.retry_until(
        forget, lambda: play.rows("SELECT 1 FROM erased_members"), "what is kept forgotten"
    )
    await play.settle(600)
    await play.write("Ann", "Not for the record.", channel_id=other)
    await play.settle(60)
    await actions.command(play, "privacy opt-in", "saved", who=ann)
    await play.write("Ann", "For the record.", channel_id=other)
    await play.settle(60)


SCENES = (members_request_their_data_and_its_erasure,)
