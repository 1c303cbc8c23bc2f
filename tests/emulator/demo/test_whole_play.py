"""Whole plays with the real bot: the archive contains what members wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.demo.comments import Comment, read_comments, split_message
from bot.emulator.demo.script import read_script
from bot.emulator.demo.transcript import render_transcript
from tests.support.spawned_bot import SpawnedBot, spawned_bot

pytestmark = pytest.mark.slow

SAMPLES = Path(__file__).parents[4] / "shared" / "samples"


def hold_tree(exported: dict[str, Any], comments: tuple[Comment, ...]) -> None:
    """Check that the exported replies are exactly the comments: authors, texts, parents, threads.

    A comment that was too long for one message is a chain of replies of its author.
    """
    left = {reply["id"]: reply for reply in exported["replies"]}
    last: dict[str, str] = {}
    thread: dict[str, str] = {}
    for comment in comments:
        parent = None if comment.parent is None else last[comment.parent]
        for piece in split_message(comment.text):
            found = next(
                reply
                for reply in left.values()
                if (reply["text"], reply["parent"], reply["author"]["name"])
                == (piece, parent, comment.author)
            )
            thread.setdefault(
                comment.id, found["id"] if comment.parent is None else thread[comment.parent]
            )
            assert found["thread_id"] == thread[comment.id]
            del left[found["id"]]
            parent = found["id"]
        assert parent is not None
        last[comment.id] = parent
    assert not left


async def played(spawned: SpawnedBot, essay: Path | None, comments: Path | None) -> dict[str, Any]:
    """Play to the end and compare the archive with the comments; the world's snapshot."""
    await spawned.bot.start()
    assert await spawned.play(essay, comments), "\n".join([*spawned.narration, *spawned.log])
    hold_tree(await spawned.export(), read_script(essay, comments).comments)
    return await spawned.world()


async def test_the_project_s_own_essay_is_published_and_discussed(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path, rates=True) as spawned:
        written = render_transcript(await played(spawned, None, None))
    for words in ("In praise of the unfinished book", "┌─ Ben: Page sixty", "a day later"):
        assert words in written


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")
async def test_a_real_essay_is_published_discussed_and_prompted(tmp_path: Path) -> None:
    name = "has-social-media-lost-its-way"
    essay, comments = SAMPLES / f"{name}.txt", SAMPLES / f"{name}.comments.jsonl"
    async with spawned_bot(tmp_path, forked=True) as spawned:
        world = await played(spawned, essay, comments)
    (head,) = (thread["id"] for thread in world["threads"])
    spoken = [m for m in world["messages"] if m["type"] in {0, 19} and m["channel_id"] == head]
    assert len(spoken) == 3
    prompt = world["messages"][-1]
    assert prompt["author"]["bot"]
    assert "what’s your plan to hit the big time?" in prompt["content"]


async def test_strange_names_long_comments_and_any_order_are_kept_as_they_are(
    tmp_path: Path,
) -> None:
    essay, comments = tmp_path / "essay.txt", tmp_path / "comments.jsonl"
    essay.write_text("On order\n\nThings come when they come.\n", encoding="utf-8")
    long = "\n\n".join(f"{n} " + "and so on, " * 100 for n in range(6))
    said = [
        {"id": "late", "parent": "early", "author": "\u200d", "text": "@everyone <@&1> look"},
        {"id": "early", "parent": "long", "author": "\u200d\u200d", "text": "**bold** \\*not\\*"},
        {"id": "long", "parent": None, "author": "Ada", "text": long},
        {"id": 4, "parent": "long", "author": "Salon", "text": long},
        {"id": 5, "parent": 4, "author": "ada", "text": "👩\u200d👩\u200d👧" * 400},
        {"id": 6, "parent": None, "author": "أمل", "text": "نعم\n\n" + "كلمة " * 700},
        {"id": 7, "parent": None, "author": "Ada ", "text": "```py\nprint(1)\n```"},
        {"id": 8, "parent": 7, "author": "x" * 100, "text": "字" * 4100},
        {"id": 9, "parent": None, "author": "\u200d", "text": ("and on, " * 5700)[:45_000]},
    ]
    lines = "\n".join(json.dumps(one) for one in said)
    comments.write_text(lines, encoding="utf-8")
    assert len(read_comments(comments.read_bytes())) == len(said)
    async with spawned_bot(tmp_path, forked=True) as spawned:
        await played(spawned, essay, comments)


async def test_a_very_long_essay_is_discussed_in_its_own_thread(tmp_path: Path) -> None:
    """It has more than 20 parts, and the play's admin doesn't choose a style."""
    essay, comments = tmp_path / "essay.txt", tmp_path / "comments.jsonl"
    words = (" ".join(f"word{n}x{m}" for m in range(150)) for n in range(25))
    essay.write_text("On length\n\n" + "\n\n".join(words) + "\n", encoding="utf-8")
    said = [
        {"id": 1, "parent": None, "author": "Ann", "text": "Long!"},
        {"id": 2, "parent": 1, "author": "Ben", "text": "and so on, " * 300},
        {"id": 3, "parent": None, "author": "Somebody new", "text": "> word3x7 word3x8\nWhy?"},
    ]
    comments.write_text("\n".join(json.dumps(one) for one in said), encoding="utf-8")
    async with spawned_bot(tmp_path, forked=True) as spawned:
        await spawned.bot.start()
        assert await spawned.play(essay, comments), "\n".join([*spawned.narration, *spawned.log])
        (thread,) = (await spawned.world())["threads"]
        replies = (await spawned.export())["replies"]
    assert {reply["thread_id"] for reply in replies} == {thread["id"]}
    first, *pieces_of_second, third = replies
    assert (first["parent"], third["parent"]) == (None, None)
    assert pieces_of_second[0]["parent"] == first["id"]
    assert third["passages"] == [4], "the passage that it quotes"


async def test_an_unreadable_essay_is_not_published_and_the_reason_is_reported(
    tmp_path: Path,
) -> None:
    essay = tmp_path / "essay.txt"
    essay.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    async with spawned_bot(tmp_path, forked=True) as spawned:
        await spawned.bot.start()
        assert not await spawned.play(essay, None)
        world = await spawned.world()
    assert "The essay wasn't published. The bot said: " in spawned.narration[-1]
    seen = [message for message in world["messages"] if not message.get("flags", 0) & 1 << 6]
    assert seen == []
