"""Submissions: saved as they were submitted, with the chapter that was chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from storage.db.database import open_database
from storage.db.migrate import load_migrations
from storage.db.writer import Transaction
from storage.essays import submissions
from storage.essays.submissions import ALL_CHAPTERS, Submission

BEFORE = 7  # migrations, before a chapter could be chosen

SUBMISSION = Submission(
    id=7,
    server_id=1,
    server_name="Town",
    channel_id=2,
    member_id=3,
    member_name="Ada",
    file_name="book.epub",
    file_url="https://cdn.example/book.epub",
    text=None,
    chapter=3,
)


@pytest.mark.parametrize("chapter", [None, ALL_CHAPTERS, 3])
async def test_an_unfinished_submission_keeps_its_chapter(
    tmp_path: Path, chapter: int | None
) -> None:
    submitted = replace(SUBMISSION, chapter=chapter)
    async with open_database(tmp_path / "salon.sqlite3") as database:
        await database.write(lambda tx: submissions.save(tx, submitted, 0))
        assert await database.read(submissions.list_unfinished) == [submitted]


async def test_submissions_of_an_older_archive_are_for_the_whole_file(tmp_path: Path) -> None:
    async def save(tx: Transaction) -> None:
        await tx.run("INSERT INTO servers (id, name, joined_at) VALUES (1, 'Town', 0)")
        await tx.run(
            """
            INSERT INTO submissions (id, server_id, channel_id, member_id, member_name, file_name,
                file_url, received_at, state)
            VALUES (7, 1, 2, 3, 'Ada', 'book.epub', 'https://cdn.example/book.epub', 0, 'received')
            """
        )

    path = tmp_path / "salon.sqlite3"
    async with open_database(path, migrations=load_migrations()[:BEFORE]) as database:
        await database.write(save)
    async with open_database(path) as database:
        found = await database.read(submissions.list_unfinished)
    assert found == [replace(SUBMISSION, chapter=None)]
