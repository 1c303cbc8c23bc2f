"""Command line: ``python -m bot [run]``, ``rehearse``, ``preview``, ``export``, ``doctor``, …"""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.essay.source_format import Format
from bot.errors import SalonError, SettingsError

if TYPE_CHECKING:
    from storage.db.archive_location import Location

__all__ = ["main"]

#: Limits on reading an essay for the command line, where nobody else waits for it.
_PREVIEW_CPU_SECONDS, _PREVIEW_WALL_SECONDS = 120, 600.0
_PREVIEW_MEMORY = 2 * 1024 * 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["rehearse"]:
        # rehearse has its own options and starts the bot as a child process.
        from bot.emulator.__main__ import main as rehearse

        status: int = rehearse(given[1:])
        return status
    try:
        options = _parser().parse_args(given)
        match options.command:
            case "preview":
                return _preview(options.file, options.format, options.chapter, as_json=options.json)
            case "export":
                return asyncio.run(_export(options.essay, options.format))
            case "book":
                return asyncio.run(_book(options))
            case "doctor":
                return asyncio.run(_doctor())
            case "backup":
                return _backup(options.file)
            case "restore":
                return _restore(options.file)
            case "move":
                return asyncio.run(_move(options.source, options.target))
            case "forget":
                return asyncio.run(_forget(options))
            case _:
                return _run()
    except SalonError as error:
        _write_error(str(error))
        return error.status
    except BrokenPipeError:
        # The reader of our output has closed it; there is nobody to write to.
        _drop_output()
        return 1
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        _drop_output()
        _write_error(f"Not everything was written: {error.strerror}. Free some space.")
        return 74


def _drop_output() -> None:
    """Let what is still to be written go nowhere, so that Python doesn't fail when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _ShowVersion(argparse.Action):
    """Prints the versions, which are read only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from bot.checks import get_versions

        _write(get_versions())
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Salon, a Discord bot that hosts discussions of essays.",
    )
    parser.add_argument("--version", nargs=0, action=_ShowVersion, help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="run the bot (the default)")
    commands.add_parser(
        "rehearse", help="run the bot on a local Discord emulator (see rehearse --help)"
    )
    preview = commands.add_parser("preview", help="show how an essay would be posted")
    preview.add_argument("file", type=Path, metavar="FILE")
    preview.add_argument(
        "--format",
        choices=("auto", "markdown", "html", "text", "docx", "pdf", "epub"),
        default="auto",
    )
    preview.add_argument(
        "--chapter", type=int, metavar="N", help="one chapter of an EPUB (default: all)"
    )
    preview.add_argument("--json", action="store_true", help="print one JSON object")
    export = commands.add_parser("export", help="print an essay's replies as JSON or Markdown")
    export.add_argument("essay", metavar="ESSAY", help="the essay's number or exact title")
    export.add_argument("--format", choices=("json", "markdown"), default="json")
    book = commands.add_parser("book", help="make a book of an essay and its discussion")
    book.add_argument("essay", metavar="ESSAY", help="the essay's number or exact title")
    book.add_argument("--format", choices=("page", "epub", "markdown"), default="page")
    book.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write to this file, or to several where it is more than 10 MiB; else to the output",
    )
    commands.add_parser("doctor", help="check whether everything works, and say what to fix")
    backup = commands.add_parser("backup", help="back up the archive; the bot may be running")
    backup.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="the copy (default: a new file in the backup folder)",
    )
    restore = commands.add_parser(
        "restore", help="replace the archive with a backup; stop the bot first"
    )
    restore.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="the backup (default: the newest good one)",
    )
    move = commands.add_parser(
        "move", help="copy the archive to PostgreSQL, or from there to a file; stop the bot first"
    )
    for name in ("source", "target"):
        move.add_argument(name, metavar=name.upper(), help="a file, or postgresql://…")
    forget = commands.add_parser("forget", help="erase a member who left and can't use /privacy")
    forget.add_argument("member", type=int, metavar="MEMBER", help="the member's id")
    forget.add_argument(
        "--server", type=int, metavar="ID", help="only in this server (default: in all)"
    )
    forget.add_argument(
        "--keep-out", action="store_true", help="also save nothing they say from now on"
    )
    return parser


def _run() -> int:
    from bot.app.supervisor import run
    from bot.app.systemd import ServiceManager
    from bot.settings import load_environment, read_settings

    settings = read_settings(load_environment(os.environ))
    return run(settings, ServiceManager.from_environment(os.environ))


def _preview(file: Path, form: Format, chapter: int | None, *, as_json: bool) -> int:
    from bot.cli.preview import render_json as preview_json
    from bot.cli.preview import render_text as preview_text
    from bot.core.layout.layout import lay_out
    from bot.publishing.reader_process import read_in_child_process

    try:
        data = file.read_bytes()
    except OSError as error:
        _write_error(f"{file} can't be read: {error.strerror}.")
        return 66
    # Only the one who called this waits for it, so a whole book may take its time.
    essay = asyncio.run(
        read_in_child_process(
            data,
            form,
            file.name,
            chapter=chapter,
            cpu_seconds=_PREVIEW_CPU_SECONDS,
            wall_seconds=_PREVIEW_WALL_SECONDS,
            memory=_PREVIEW_MEMORY,
        )
    )
    layout = lay_out(essay)
    if as_json:
        shown = json.dumps(preview_json(essay, layout), ensure_ascii=False, indent=2)
    else:
        shown = preview_text(essay, layout)
    _write(shown)
    return 0


def _get_location() -> Location:
    """Where the archive is, from the settings."""
    from bot.settings import (
        load_environment,
        read_backup_folder,
        read_database_path,
        read_postgresql_address,
    )
    from storage.db.archive_location import Location

    problems: list[str] = []
    values = load_environment(os.environ)
    address = read_postgresql_address(values)
    if address is not None:
        return Location(Path(), Path(), address)
    path = read_database_path(values, problems)
    folder = read_backup_folder(values, path, problems)
    if problems:
        raise SettingsError("\n".join(problems))
    return Location(path, folder)


def _get_paths() -> tuple[Path, Path]:
    """The archive's file and the folder of its backups, from the settings."""
    location = _get_location()
    if location.address is not None:
        raise SettingsError(
            f"The archive is on PostgreSQL ({location.name}), which has its own backups: use "
            "pg_dump and pg_restore, as docs/operators.md describes."
        )
    return location.path, location.backups


async def _doctor() -> int:
    from bot.app.client import load_command_set
    from bot.cli.doctor import examine, format_findings
    from bot.clock import Clock
    from bot.settings import load_environment

    found = await examine(load_environment(os.environ), Clock(), load_command_set)
    _write(format_findings(found))
    return 0 if all(one.is_ok for one in found) else 1


def _backup(file: Path | None) -> int:
    from bot.cli.backup import back_up

    _write(back_up(*_get_paths(), file))
    return 0


def _restore(file: Path | None) -> int:
    from bot.cli.backup import restore

    _write(restore(*_get_paths(), file))
    return 0


async def _move(source: str, target: str) -> int:
    from bot.cli.move import move

    _write(await move(source, target))
    return 0


async def _forget(options: argparse.Namespace) -> int:
    from bot.cli.forget import erase_member

    _write(
        await erase_member(
            _get_location(), options.member, options.server, keep_out=options.keep_out
        ),
    )
    return 0


async def _export(essay: str, form: str) -> int:
    from bot.core.text.translate import use_language
    from bot.export import find_essay, make_book, write_json
    from bot.languages import get_discussion_language
    from bot.library.markdown import render_markdown

    async with _get_location().open_for_reading() as database:
        if form == "markdown":
            found = await database.read(lambda tx: find_essay(tx, essay))
            language = await database.read(
                lambda tx: get_discussion_language(tx, found.server_id, found.id)
            )
            with use_language(language):
                made = await database.read(lambda tx: make_book(tx, essay))
                _write_bytes(render_markdown(made))
            return 0
        # First to a file without a name: whoever reads the output may be slow, and as long as the
        # archive is read, words that are erased meanwhile stay in its write-ahead log.
        with tempfile.TemporaryFile() as exported:
            await database.read(lambda tx: write_json(tx, essay, exported.write))
            exported.seek(0)
            shutil.copyfileobj(exported, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    return 0


async def _book(options: argparse.Namespace) -> int:
    from bot.core.text.translate import use_language
    from bot.export import find_essay, make_book
    from bot.languages import get_discussion_language
    from bot.library.book_files import ENDINGS, render_volumes

    async with _get_location().open_for_reading() as database:
        found = await database.read(lambda tx: find_essay(tx, options.essay))
        language = await database.read(
            lambda tx: get_discussion_language(tx, found.server_id, found.id)
        )
        with use_language(language):
            made = await database.read(lambda tx: make_book(tx, options.essay))
    file: Path | None = options.output
    if file is None:
        if options.format == "epub" and sys.stdout.isatty():
            _write_error("An EPUB isn't for the terminal. Name a file with --output FILE.")
            return 2
        with use_language(language):
            _write_bytes(*render_volumes(made, options.format, None))
        return 0
    with use_language(language):
        files = render_volumes(made, options.format)
    for number, content in enumerate(files, 1):
        named = file
        if len(files) > 1:
            ending = file.suffix or f".{ENDINGS[options.format]}"
            named = file.with_name(f"{file.stem}-part-{number}{ending}")
        try:
            named.write_bytes(content)
        except OSError as error:
            _write_error(f"{named} can't be written: {error.strerror}.")
            return 73
        _write(str(named))
    return 0


def _write_error(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _write(text: str) -> None:
    """Write to standard output as UTF-8, whatever the terminal's locale is."""
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()


def _write_bytes(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
