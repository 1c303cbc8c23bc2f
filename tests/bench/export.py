"""Export: MB a second and memory of JSON, Markdown, page and EPUB, beside a bare loop.

The bare loop reads the same rows with plain sqlite3 and adds up their texts. Each runs in a process
of its own. The size of an EPUB is that of its files before they are packed.
`scripts/bench export [--replies N]`.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from bot.export import make_book, write_json
from bot.library.book_files import BookFormat, render_volumes
from storage.db.database import open_database, open_for_reading
from tests.bench.search import make_replies
from tests.library.talk import add_replies, publish

_THREAD = 50
_HERE = Path(__file__).parents[2]
_KINDS = ("loop", "json", "markdown", "page", "epub")
_ESSAY = "# On benches\n\n" + "One sits, and thinks, and sits.\n\n" * 20 + "What do you think?\n"


async def fill(path: Path, replies: int) -> None:
    """A discussion with threads of 50 replies."""
    async with open_database(path) as database:
        await database.write(lambda tx: publish(tx, _ESSAY))
        texts = [str(row["text"]) for row in make_replies(replies, 1, 1)]
        chance = random.Random(1)
        for start in range(0, replies, _THREAD):
            batch = texts[start : start + _THREAD]
            head, *below = batch
            author = chance.randint(2, 200)
            (parent,) = await database.write(
                lambda tx, start=start, head=head, author=author: add_replies(  # type: ignore[misc]
                    tx, 1, [head], seconds=100 + 2 * start, author_id=author
                )
            )
            await database.write(
                lambda tx, start=start, below=below, parent=parent: add_replies(  # type: ignore[misc]
                    tx, 1, below, seconds=101 + 2 * start, parent_id=parent
                )
            )


async def export(path: Path, kind: str) -> int:
    """Make one export; its size in bytes."""
    if kind == "loop":
        with sqlite3.connect(path) as archive:
            rows = archive.execute("SELECT * FROM replies WHERE discussion_id = 1 ORDER BY id")
            return sum(len(row[-1].encode()) for row in rows)
    async with open_for_reading(path) as database:
        if kind == "json":
            with tempfile.TemporaryFile() as exported:
                await database.read(lambda tx: write_json(tx, "1", exported.write))
                return exported.tell()
        made = await database.read(lambda tx: make_book(tx, "1"))
        form: BookFormat = "page" if kind == "page" else "epub" if kind == "epub" else "markdown"
        (file,) = render_volumes(made, form, None)
    if kind == "epub":
        with zipfile.ZipFile(io.BytesIO(file)) as book:
            return sum(one.file_size for one in book.infolist())
    return len(file)


def get_peak_memory() -> int:
    """KiB of memory that this process had at most.

    ``ru_maxrss`` begins with what the parent process had.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0])


def run_one(path: Path, kind: str) -> None:
    """In a process of its own: print bytes, seconds and peak memory in KiB."""
    begun = time.perf_counter()
    size = asyncio.run(export(path, kind))
    seconds = time.perf_counter() - begun
    print(size, seconds, get_peak_memory())


def main() -> int:
    """Fill an archive, export it, and print the rates."""
    parser = argparse.ArgumentParser(prog="scripts/bench export", description=__doc__)
    parser.add_argument("--replies", type=int, default=100_000)
    parser.add_argument("--one", nargs=2, metavar=("FILE", "KIND"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run_one(Path(options.one[0]), options.one[1])
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "salon.sqlite3"
        asyncio.run(fill(path, options.replies))
        print(f"{options.replies:,} replies in threads of {_THREAD}")
        for kind in _KINDS:
            command = [sys.executable, "-m", "tests.bench.export", "--one", str(path), kind]
            done = subprocess.run(command, cwd=_HERE, capture_output=True, text=True, check=True)
            size, seconds, memory = done.stdout.split()
            megabytes = int(size) / 1e6
            print(
                f"  {kind:>8}: {megabytes:6.1f} MB in {float(seconds):5.1f} s, "
                f"{megabytes / float(seconds):6.1f} MB/s, {int(memory) / 1024:5.0f} MiB at most"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
