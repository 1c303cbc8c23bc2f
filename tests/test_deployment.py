"""Deployment: files for containers and hosts match the bot; scripts/setup reports errors."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from configparser import RawConfigParser
from pathlib import Path

from bot import errors
from bot.errors import SalonError
from tests.test_docs import OPERATORS, settings

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def lines(name: str) -> list[str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def unit() -> RawConfigParser:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(ROOT / "deploy" / "salon.service", encoding="utf-8")
    return parser


def test_requirements_txt_lists_what_the_project_needs() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert lines("requirements.txt") == ["-c constraints.txt", *project["dependencies"]]


def test_every_way_to_deploy_starts_the_same_process() -> None:
    assert lines("Procfile") == ["worker: python -m bot"]
    assert 'ENTRYPOINT ["python", "-m", "bot"]' in DOCKERFILE
    assert unit()["Service"]["ExecStart"].endswith("/python -m bot")


def test_the_container_holds_every_package_and_nothing_else_is_sent_to_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {name.split(".")[0] for name in project["tool"]["setuptools"]["packages"]}
    rows = re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE)
    copied = {name for row in rows for name in row.split()}
    assert packages <= copied
    sent = {line[1:] for line in lines(".dockerignore") if line.startswith("!")}
    assert sent == copied
    assert all((ROOT / name).exists() for name in copied)


def test_the_container_runs_as_an_unprivileged_user_and_keeps_its_data_in_a_volume() -> None:
    user, volume = DOCKERFILE.index("\nUSER salon"), DOCKERFILE.index("\nVOLUME /data")
    assert DOCKERFILE.index("useradd") < user < volume < DOCKERFILE.index("\nENTRYPOINT")
    assert "SALON_DATABASE=/data/salon.sqlite3" in DOCKERFILE
    assert "python:3.11-slim" in DOCKERFILE


def test_the_settings_that_are_set_are_settings() -> None:
    text = DOCKERFILE + (ROOT / "deploy" / "salon.service").read_text(encoding="utf-8")
    assert set(re.findall(r"(?:SALON|DISCORD)_[A-Z_]+", text)) <= settings()


def test_systemd_does_not_restart_after_errors_that_a_restart_cannot_fix() -> None:
    service = unit()["Service"]
    assert (service["Type"], service["NotifyAccess"]) == ("notify", "main")
    prevented = {int(status) for status in service["RestartPreventExitStatus"].split()}
    ends = {
        one.status
        for one in vars(errors).values()
        if isinstance(one, type)
        and issubclass(one, SalonError)
        and (
            issubclass(one, errors.DatabaseError)
            or one in (errors.SettingsError, errors.DiscordLoginError)
        )
    }
    assert prevented == ends


def test_every_way_to_deploy_is_described_for_operators() -> None:
    for word in ("Procfile", "Dockerfile", "deploy/salon.service", "## Upgrade"):
        assert word in OPERATORS


def set_up(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of scripts/setup in ``folder``. ``python``: a shell script for Python."""
    (folder / "scripts").mkdir(exist_ok=True)
    for name in ("scripts/setup", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder / name)
    interpreter = folder / "python"
    interpreter.write_text(f"#!/bin/sh\n{python}\n")
    interpreter.chmod(0o755)
    return subprocess.run(
        [str(folder / "scripts" / "setup")],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(interpreter)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_venv_the_setup_says_what_to_install_and_can_be_repeated(tmp_path: Path) -> None:
    # Debian's python3 without python3-venv: it leaves an environment without pip.
    python = (
        'if [ "$2" = venv ]; then mkdir -p .venv/bin; cp "$0" .venv/bin/python; exit 1; fi\n'
        '[ "$2" = pip ] && exit 1\nexit 0'
    )
    for _ in range(2):
        done = set_up(tmp_path, python)
        assert done.returncode == 69, done.stderr
        assert "install python3-venv" in done.stderr
        assert not (tmp_path / ".venv").exists()


def test_an_environment_without_pip_is_reported_and_kept(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    interpreter = tmp_path / ".venv" / "bin" / "python"
    interpreter.write_text("#!/bin/sh\nexit 1\n")
    interpreter.chmod(0o755)
    done = set_up(tmp_path, "exit 0")
    assert done.returncode == 69
    assert "has no pip" in done.stderr
    assert interpreter.exists()
