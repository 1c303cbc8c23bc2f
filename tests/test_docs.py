"""The documentation: every setting and command in it, every command it names runs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def settings() -> set[str]:
    """Every setting the code reads, by its name in the code."""
    names: set[str] = set()
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        names |= set(re.findall(r'"((?:SALON|DISCORD)_[A-Z_]+)"', text))
    return names


@pytest.mark.parametrize("name", sorted(settings()))
def test_every_setting_is_in_the_readme_and_the_example(name: str) -> None:
    assert f"`{name}`" in README
    assert re.search(rf"^#?{name}=", EXAMPLE, re.MULTILINE)


def test_every_setting_in_the_example_exists() -> None:
    assert set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == settings()


def commands() -> list[str]:
    """The commands in the README's shell blocks."""
    lines: list[str] = []
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        lines += [line.split("#")[0].strip() for line in block.splitlines() if line.strip()]
    return [line for line in lines if line]


def test_the_readme_has_one_command_to_try_it_and_one_to_test_it() -> None:
    assert "scripts/rehearse --once" in commands()
    assert "scripts/test" in commands()


@pytest.mark.parametrize("line", commands())
def test_every_command_in_the_readme_exists(line: str) -> None:
    program = line.split()[0]
    if program.startswith("scripts/"):
        assert (ROOT / program).is_file()
        assert (ROOT / program).stat().st_mode & 0o111
    elif program == ".venv/bin/python":
        assert line.split()[1:3] == ["-m", "bot"]
        help_of = [*line.split()[3:4], "--help"]
        done = subprocess.run(
            [ROOT / program, "-m", "bot", *help_of], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
    else:
        assert program == "cp"
        assert (ROOT / line.split()[1]).is_file()


def test_every_option_of_the_rehearsal_is_in_the_readme() -> None:
    shown = subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "bot", "rehearse", "--help"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for option in set(re.findall(r"--[a-z-]+", shown)) - {"--help"}:
        assert f"`{option}" in README, option


def test_the_lock_file_contains_no_registry_address() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][^\s]*", line), line


SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(tests/[^`]+)`", SECURITY))))
def test_every_test_that_a_promise_names_exists(name: str) -> None:
    file, _, test = name.partition("::")
    assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_promise_names_a_test() -> None:
    promises = [line for line in SECURITY.splitlines() if line.startswith("| ")][1:]
    assert len(promises) > 10
    assert all("`tests/" in line for line in promises)
