"""``python -m bot book`` and ``export``: files of a discussion, without the bot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from storage.db.database import open_database
from tests.library.talk import add_replies, publish

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path) as database:
        text = "# Slow bread\n\nBy Ann Baker\n\nIt takes a night.\n\nWould you wait?\n"
        await database.write(lambda tx: publish(tx, text))
        await database.write(
            lambda tx: add_replies(tx, 1, ["ok\n\n**Ada**, 2026-11-28 12:23\n\nI resign.", "```"])
        )
    return path


def run(archive: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=os.environ | {"SALON_DATABASE": str(archive), "SALON_ENV_FILE": ""},
        capture_output=True,
        check=False,
        timeout=100,
    )


def test_a_book_goes_to_the_output_or_to_a_file(archive: Path, tmp_path: Path) -> None:
    page = run(archive, "book", "1")
    assert page.returncode == 0, page.stderr
    assert page.stdout.startswith(b"<!DOCTYPE html>")
    assert run(archive, "book", "Slow bread").stdout == page.stdout
    file = tmp_path / "bread.epub"
    made = run(archive, "book", "1", "--format", "epub", "--output", str(file))
    assert made.stdout.decode().strip() == str(file)
    assert zipfile.ZipFile(file).testzip() is None
    markdown = run(archive, "book", "1", "--format", "markdown").stdout
    assert markdown == run(archive, "export", "1", "--format", "markdown").stdout
    text = markdown.decode()
    assert "It takes a night." in text
    assert "By Ann Baker" in text
    assert "  > **Ada**, 2026-11-28 12:23" in text
    assert "\n**Ada**" not in text


def test_a_missing_essay_and_a_folder_that_does_not_exist_get_a_sentence(
    archive: Path, tmp_path: Path
) -> None:
    missing = run(archive, "book", "7")
    assert missing.returncode == 65
    assert b"7" in missing.stderr
    nowhere = run(archive, "book", "1", "--output", str(tmp_path / "none" / "a.html"))
    assert nowhere.returncode == 73
    assert b"can't be written" in nowhere.stderr


def test_the_export_has_the_essays_text_and_the_kind_of_each_reply(archive: Path) -> None:
    exported = json.loads(run(archive, "export", "1").stdout)
    essay = exported["essay"]
    assert (essay["author"], essay["source_url"], essay["attachments"]) == ("Ann Baker", None, [])
    assert {"number": 2, "text": "It takes a night."} in essay["passages"]
    assert {reply["kind"] for reply in exported["replies"]} == {"message"}
    assert {"id", "title", "state", "channel_id", "published_at"} <= set(essay)


async def test_the_book_and_the_markdown_of_a_german_essay_are_in_german(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    text = "# Brot\n\nDer Teig ist nicht fertig, und die Nacht ist lang mit ihm.\n\nWarum?\n"
    async with open_database(path) as database:
        await database.write(lambda tx: publish(tx, text))
        await database.write(lambda tx: tx.run("UPDATE revisions SET language = 'de'"))
        await database.write(lambda tx: add_replies(tx, 1, ["Weil er ruht."]))
    markdown = run(path, "book", "1", "--format", "markdown").stdout.decode()
    assert "mit 1 Antwort" in markdown
    assert "reply" not in markdown
    assert run(path, "export", "1", "--format", "markdown").stdout.decode() == markdown
    assert "mit 1 Antwort" in run(path, "book", "1").stdout.decode()
