"""A play succeeds only if all of it happened, and says what didn't."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.emulator.demo.comments import UnplayableError
from bot.emulator.demo.play import play
from bot.emulator.demo.script import read_script
from bot.emulator.demo.transcript import render_transcript
from bot.emulator.server import Emulator
from bot.emulator.world.models import Message
from tests.emulator.small_bot import CLOSING, small_bot

PARTS = [
    " ".join(f"{part}{number}" for number in range(40)) for part in ("first", "second", "third")
]
ESSAY = "On saying\n\n" + "\n\n".join(PARTS) + "\n"


@pytest.fixture
def essay(tmp_path: Path) -> Path:
    path = tmp_path / "essay.txt"
    path.write_text(ESSAY, encoding="utf-8")
    return path


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes comments given as ``(id, parent, author, text)``."""

    def write(*comments: tuple[object, object, str, str]) -> Path:
        path = tmp_path / "comments.jsonl"
        lines = (
            json.dumps(dict(zip(("id", "parent", "author", "text"), one, strict=True)))
            for one in comments
        )
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


class Played:
    """The result of a play."""

    def __init__(self, emulator: Emulator, done: bool, told: list[str]) -> None:
        self.done = done
        self.told = "\n".join(told)
        self._world = emulator.world

    def said(self, text: str) -> Message:
        """The one message with that text."""
        (found,) = (m for m in self._world.messages.values() if m.content == text)
        return found

    def by(self, name: str) -> list[Message]:
        """The messages of members with this display name."""
        users = self._world.users
        return [m for m in self._world.messages.values() if users[m.author_id].display_name == name]


async def played(
    emulator: Emulator, essay: Path, comments: Path | None = None, patience: float = 20
) -> Played:
    told: list[str] = []
    done = await play(emulator, essay=essay, comments=comments, say=told.append, patience=patience)
    return Played(emulator, done, told)


async def test_a_play_goes_from_the_command_to_the_prompt(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, essay: Path, write: Callable[..., Path]
) -> None:
    comments = write(
        ("a", None, "Ann", "I have said it."),
        ("b", "a", "Ben", "When?"),
        ("c", "b", "Ann", "In March."),
        ("d", None, "Zoë", "> second3 second4 second5\nTrue."),
    )
    async with small_bot(emulator, monkeypatch):
        result = await played(emulator, essay, comments)
    assert result.done, result.told
    closing, head = result.said(CLOSING), result.said("I have said it.")
    assert head.reply_to == closing.id
    assert result.said("When?").channel_id == head.id
    assert result.said("When?").reply_to is None  # in its thread a head is answered by speaking
    assert result.said("In March.").reply_to == result.said("When?").id
    (quoting,) = result.by("Zoë")
    assert quoting.reply_to is not None
    assert emulator.world.messages[quoting.reply_to].content.startswith("second0")


async def test_authors_are_the_members_of_exactly_their_name(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, essay: Path, write: Callable[..., Path]
) -> None:
    names = ["Ann", "ann", "Ann ", "\u200d", "\u200d\u200d", "Salon", "Ada", "x" * 200, "A\nB"]
    before = len(emulator.world.guild.members)
    comments = write(*((n, None, name, f"It is I, {n}.") for n, name in enumerate(names * 2)))
    async with small_bot(emulator, monkeypatch):
        result = await played(emulator, essay, comments)
    assert result.done, result.told
    authors = [result.said(f"It is I, {n}.").author_id for n in range(len(names) * 2)]
    assert authors[: len(names)] == authors[len(names) :]
    assert len(set(authors)) == len(names)
    assert len(emulator.world.guild.members) == before + len(set(names) - {"Ann", "Ada"})
    assert emulator.world.bot.id not in authors


async def test_a_long_comment_is_written_in_pieces_each_answering_the_one_before(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, essay: Path, write: Callable[..., Path]
) -> None:
    long = "\n\n".join(f"{n} " + "and so on. " * 90 for n in range(5))
    comments = write((1, None, "Ann", long), (2, 1, "Ben", long), (3, 2, "Chloe", "That was long."))
    async with small_bot(emulator, monkeypatch):
        result = await played(emulator, essay, comments)
    assert result.done, result.told
    head, *rest = result.by("Ann")
    assert len(rest) >= 2
    assert "".join("".join(m.content.split()) for m in [head, *rest]) == "".join(long.split())
    assert {m.channel_id for m in rest} == {head.id}
    assert [m.reply_to for m in rest] == [None, *(m.id for m in rest[:-1])]
    answer = result.by("Ben")
    assert [m.reply_to for m in answer] == [rest[-1].id, *(m.id for m in answer[:-1])]
    assert result.said("That was long.").reply_to == answer[-1].id


async def test_an_existing_play_is_not_played_twice(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, essay: Path, write: Callable[..., Path]
) -> None:
    comments = write(
        (1, None, "Ann", "Yes."),
        (2, None, "Ann", "Yes."),
        (3, 1, "Ben", "Why?"),
        (4, 3, "Ann", "x"),
    )
    async with small_bot(emulator, monkeypatch) as bot:
        assert (await played(emulator, essay, comments)).done
        before = [m.id for m in emulator.world.messages.values()]
        again = await played(emulator, essay, comments)
        assert again.done, again.told
        assert [m.id for m in emulator.world.messages.values()] == before
        assert bot.published == 1


@pytest.mark.slow
@pytest.mark.parametrize("flaw", [{"misses_first": 1}, {"dies_after_acknowledging": True}])
async def test_the_admin_tries_again_if_the_command_has_no_effect(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    essay: Path,
    flaw: dict[str, Any],
) -> None:
    async with small_bot(emulator, monkeypatch, **flaw) as bot:
        result = await played(emulator, essay, patience=4)
        assert result.done, result.told
        assert bot.published == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flaw", "told"),
    [
        ({"refuses": "That is no essay."}, "The bot said: That is no essay."),
        ({"misses_first": 99}, "the application did not respond"),
        ({"forgets_part": 1}, "A passage of"),
        ({"forgets_threads": True}, "The comment 1 by Ann got no thread."),
        ({"forgets_prompt": True}, "The bot posted no prompt within a day."),
        ({"deletes_a_part_next_day": True}, "A part of the essay was deleted"),
    ],
)
async def test_a_play_fails_and_says_what_did_not_happen(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    essay: Path,
    write: Callable[..., Path],
    flaw: dict[str, Any],
    told: str,
) -> None:
    async with small_bot(emulator, monkeypatch, **flaw):
        result = await played(emulator, essay, write((1, None, "Ann", "Yes.")), patience=4)
    assert not result.done
    assert told in result.told


async def test_without_a_bot_the_play_fails(emulator: Emulator, essay: Path) -> None:
    result = await played(emulator, essay, patience=0.3)
    assert not result.done
    assert result.told == "The bot didn't connect again."


async def test_a_rejected_comment_is_reported_with_its_error(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, essay: Path, write: Callable[..., Path]
) -> None:
    channel = next(c for c in emulator.world.channels.values() if c.name == "essays")
    comments = write((1, None, "Ann", "Yes."))
    async with small_bot(emulator, monkeypatch):
        assert (await played(emulator, essay)).done
        everyone = emulator.world.guild.roles[emulator.world.guild.id]
        everyone.permissions &= ~(1 << 11)  # SEND_MESSAGES
        assert channel.overwrites == []
        result = await played(emulator, essay, comments)
    assert not result.done
    assert "Ann got an error for POST" in result.told
    assert "50013" in result.told


def test_without_files_the_project_s_own_essay_is_played(tmp_path: Path) -> None:
    own = read_script(None, None)
    assert own.name == "essay.md"
    assert 600 <= len(own.essay.split()) <= 900
    assert {comment.author for comment in own.comments} == {"Ann", "Ben", "Chloe", "Dev"}
    assert 5 <= len(own.comments) <= 8
    assert 2 <= sum(comment.parent is None for comment in own.comments) <= 3
    path = tmp_path / "mine.txt"
    path.write_text("Mine\n\nI think.\n", encoding="utf-8")
    assert read_script(path, None).comments == ()


def test_an_unreadable_file_is_reported_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(UnplayableError, match=r"gone\.txt can't be read: no such file") as why:
        read_script(tmp_path / "gone.txt", None)
    assert why.value.status == 66


async def test_the_transcript_of_a_play_shows_everyone_s_words(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    async with small_bot(emulator, monkeypatch):
        assert await play(emulator, essay=None, comments=None, say=told.append, patience=20), told
        async with aiohttp.ClientSession() as session:
            answer = await session.get(f"{emulator.page}/rehearsal/world")
            written = render_transcript(await answer.json())
    for words in ("Page sixty of a very famous book", "Ben ↳ Chloe", "┌─ ", "a day later"):
        assert words in written
