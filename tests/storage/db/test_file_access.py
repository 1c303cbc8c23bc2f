"""File access: an archive that can't be created or written is reported with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import DatabaseError
from storage.db.database import open_database
from storage.db.file_access import find_access_problem
from tests.support.unprivileged import run_unprivileged

_FIND = (
    "import sys; from pathlib import Path; "
    "from storage.db.file_access import find_access_problem; "
    "print(find_access_problem(Path(sys.argv[1])))"
)


def test_a_new_file_in_a_writable_folder_is_fine_and_nothing_is_left_there(tmp_path: Path) -> None:
    assert find_access_problem(tmp_path / "salon.sqlite3") == ""
    assert list(tmp_path.iterdir()) == []


async def test_an_archive_in_use_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "salon.sqlite3"
    async with open_database(path):
        assert find_access_problem(path) == ""


def test_a_link_to_a_file_that_does_not_exist_yet_is_fine(tmp_path: Path) -> None:
    (tmp_path / "link.sqlite3").symlink_to(tmp_path / "salon.sqlite3")
    assert find_access_problem(tmp_path / "link.sqlite3") == ""


def make_folder(path: Path) -> Path:
    path.mkdir()
    return path


def make_pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def make_loop(path: Path) -> Path:
    path.symlink_to(path)
    return path


def make_link_to_nowhere(path: Path) -> Path:
    path.symlink_to(path.parent / "missing" / "salon.sqlite3")
    return path


def make_file_as_folder(path: Path) -> Path:
    path.write_text("")
    return path / "salon.sqlite3"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_folder, "is a folder"),
        (make_pipe, "is a device or pipe"),
        (make_loop, "can't be opened"),
        (make_link_to_nowhere, "there is no folder"),
        (make_file_as_folder, "there is no folder"),
        (lambda path: path.with_name("missing") / "x", "there is no folder"),
        (lambda path: path.with_name("a" * 300), "can't be opened"),
        (lambda path: path.with_name("a" * 250), "can't be opened"),
        (lambda _: Path("/dev/null"), "is a device or pipe"),
        (lambda _: Path("/proc/x"), "can't create files in /proc"),
        (lambda _: Path("/sys/x"), "can't create files in /sys"),
    ],
)
async def test_a_path_that_can_hold_no_archive_is_an_error_with_a_sentence(
    tmp_path: Path, make: Callable[[Path], Path], said: str
) -> None:
    path = make(tmp_path / "salon.sqlite3")
    if path.parts[1] in ("proc", "sys") and not path.parent.is_dir():
        pytest.skip(f"this system has no {path.parent}")
    assert said in find_access_problem(path)
    with pytest.raises(DatabaseError, match=said) as caught:
        async with open_database(path):
            pass
    assert type(caught.value) is DatabaseError, "it isn't said to be in use"


def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    # No file may grow beyond this: the nearest thing to a full disk that needs no permission.
    script = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); {_FIND}"
    found = run_unprivileged("-c", script, str(tmp_path / "salon.sqlite3"))
    assert "can't create files in" in found.stdout, found.stderr


@pytest.mark.parametrize("protected", ["", "-wal", "-shm", ".lock", ".forgotten"])
def test_a_file_that_salon_may_not_write_is_reported_by_name(
    tmp_path: Path, protected: str
) -> None:
    path = tmp_path / "salon.sqlite3"
    path.touch()
    file = path.with_name(f"{path.name}{protected}")
    file.touch()
    file.chmod(0o444)
    found = run_unprivileged("-c", _FIND, str(path))
    assert f"isn't allowed to write to {file.resolve()}" in found.stdout, found.stderr
    file.chmod(0o644)
    assert run_unprivileged("-c", _FIND, str(path)).stdout == "\n"


def test_a_folder_that_salon_may_not_write_or_enter_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    folder.chmod(0o555)
    found = run_unprivileged("-c", _FIND, str(folder / "salon.sqlite3"))
    assert "can't create files in" in found.stdout, found.stderr
    folder.chmod(0o000)
    found = run_unprivileged("-c", _FIND, str(folder / "salon.sqlite3"))
    assert "can't be opened: Permission denied" in found.stdout, found.stderr
    folder.chmod(0o755)
