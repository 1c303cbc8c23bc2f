"""What members ask for about themselves."""

from __future__ import annotations

from tests.faults.scenes import acts
from tests.faults.scenes.acts import allow, publish, set_up
from tests.faults.stage import Stage

__all__ = ["SCENES"]


async def members_ask_what_is_kept_and_to_be_forgotten(stage: Stage) -> None:
    """A file of it all and the files; then threads are renamed, copies deleted, words erased."""
    await stage.bot.start()
    await stage.settle()
    await allow(stage, "essays", allow=1 << 29 | 1 << 13)
    await set_up(stage, "channel_replies", "move", "bring", "move")
    await publish(stage)
    head = await acts.head_of(stage, text="My own words.")
    await acts.change(stage, head, archived=True)
    *_, closing = await stage.ours()
    other = await stage.write("Ben", "Ben's.", to=closing["id"])
    await stage.settle(60)
    await stage.write("Ann", "Beside.", to=other)
    await stage.write("Ann", "Look.", channel_id=other, file=("a.png", b"picture"))
    await stage.settle(60)
    ann = stage.member("Ann")
    await acts.command(stage, "privacy my-data", "replies", "the files", who=ann)

    async def forget() -> None:
        asked = await stage.run("privacy forget-me", who=ann)
        await stage.press(asked, "Erase, and keep me out", who=ann)

    await stage.insist(
        forget, lambda: stage.rows("SELECT 1 FROM erased_members"), "what is kept forgotten"
    )
    await stage.settle(600)
    await stage.write("Ann", "Not for the record.", channel_id=other)
    await stage.settle(60)
    await acts.command(stage, "privacy come-back", "kept", who=ann)
    await stage.write("Ann", "For the record.", channel_id=other)
    await stage.settle(60)


SCENES = (members_ask_what_is_kept_and_to_be_forgotten,)
