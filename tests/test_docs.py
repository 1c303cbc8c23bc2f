"""The documentation: settings, commands, options, paths, links and pictures in it exist."""

from __future__ import annotations

import functools
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from discord import AppCommandType, app_commands

from bot.app.client import Salon
from bot.clock import Clock
from storage.db.database import Database

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATORS = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
REHEARSAL = (ROOT / "docs/rehearsal.md").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
QUOTE = "'"
#: How a dump is made and restored, without the last argument;
#: tests/storage/postgresql/test_database.py does the same.
POSTGRESQL_COMMANDS = {
    "pg_dump": "pg_dump --format=custom --schema=salon --file=salon.dump",
    "psql": "psql --command='DROP SCHEMA salon CASCADE'",
    "pg_restore": 'pg_restore --dbname="$SALON_DATABASE"',
}
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")

#: Every document, by its path in the repository.
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
}
#: The documents for readers who aren't developers.
FOR_USERS = sorted(
    {"README.md", *(name for name in DOCUMENTS if name.startswith("docs/"))} - {"docs/emulator.md"}
)
_FENCED = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_MAX_README_WORDS = 900
_MAX_PICTURE_BYTES = 200 * 1024


def settings() -> set[str]:
    """Every setting the code reads, by its name in the code."""
    names: set[str] = set()
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        names |= set(re.findall(r'"((?:SALON|DISCORD)_[A-Z_]+|DATABASE_URL)"', text))
    return names


@pytest.mark.parametrize("name", sorted(settings()))
def test_every_setting_is_documented_and_in_the_example(name: str) -> None:
    assert f"`{name}`" in OPERATORS
    assert re.search(rf"^#?{name}=", EXAMPLE, re.MULTILINE)


def test_every_setting_in_the_example_exists() -> None:
    assert set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == settings()


def commands(name: str) -> list[str]:
    """The commands in a document's shell blocks."""
    lines: list[str] = []
    for block in re.findall(r"```sh\n(.*?)```", DOCUMENTS[name], re.DOTALL):
        lines += [line.split("#")[0].strip() for line in block.splitlines() if line.strip()]
    return [line for line in lines if line]


def all_commands() -> list[str]:
    """The commands in the shell blocks of all documents, each once."""
    return sorted({line for name in DOCUMENTS for line in commands(name)})


def test_the_readme_has_one_command_to_try_it_and_one_to_test_it() -> None:
    assert "scripts/rehearse --once" in commands("README.md")
    assert "scripts/test" in commands("README.md")


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= _MAX_README_WORDS


@functools.cache
def read_help(command: str | None) -> str:
    """The help of ``python -m bot`` or of one of its commands."""
    done = subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "bot", *([command] if command else []), "--help"],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("line", all_commands())
def test_every_shell_command_in_a_document_exists(line: str) -> None:
    program, *given = line.split()
    options = {word for word in given if word.startswith("--")}
    if program.startswith("scripts/"):
        assert (ROOT / program).is_file()
        assert (ROOT / program).stat().st_mode & 0o111
        if program == "scripts/rehearse":
            assert options <= set(re.findall(r"--[a-z-]+", read_help("rehearse")))
    elif program == ".venv/bin/python":
        assert given[:2] == ["-m", "bot"]
        command = next((word for word in given[2:3] if word not in options), None)
        assert options <= set(re.findall(r"--[a-z-]+", read_help(command)))
    elif program == "cp":
        assert (ROOT / line.split()[1]).is_file()
    elif program == ".venv/bin/pip":
        assert given[0] == "install"
        assert f'"{given[1].strip(QUOTE)}"' in PYPROJECT
    elif program in ("pg_dump", "pg_restore", "psql"):
        assert shlex.split(line)[:-1] == shlex.split(POSTGRESQL_COMMANDS[program])
    else:
        assert line in ("git clone ADDRESS salon", "cd salon")


def test_every_option_of_the_rehearsal_is_documented() -> None:
    for option in set(re.findall(r"--[a-z-]+", read_help("rehearse"))) - {"--help"}:
        assert f"`{option}" in REHEARSAL, option


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_link_to_a_file_or_section_resolves(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _FENCED.sub("", DOCUMENTS[name])):
        if re.match(r"https?:", target):
            continue
        path, _, section = target.partition("#")
        file = (ROOT / name).parent / path if path else ROOT / name
        assert file.is_file(), target
        if section:
            assert section in sections(file.read_text(encoding="utf-8")), target


def sections(text: str) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_document_is_linked_from_the_readme() -> None:
    for name in DOCUMENTS:
        assert name == "README.md" or f"]({name})" in README, name


def test_pictures_in_documents_are_small_and_all_are_used() -> None:
    texts = "".join(DOCUMENTS.values())
    for picture in (ROOT / "docs").glob("*.png"):
        assert picture.stat().st_size <= _MAX_PICTURE_BYTES
        assert f"{picture.name})" in texts


@pytest.mark.parametrize("name", FOR_USERS)
def test_every_path_in_a_document_exists(name: str) -> None:
    for path in re.findall(r"`((?:scripts|deploy|docs|tests)/[^`*{ ]+)`", DOCUMENTS[name]):
        assert (ROOT / path).exists(), path


Parameters = dict[str, bool]
"""The options of a slash command by name, and whether each is required."""


async def slash_commands() -> tuple[dict[str, Parameters], set[str]]:
    """The bot's slash commands with their options, and the items of its menus."""
    salon = Salon(Database(Path(), None, []), Clock())
    await salon.load_cogs()
    try:
        found = {
            one.qualified_name: {
                parameter.display_name: parameter.required for parameter in one.parameters
            }
            for one in salon.tree.walk_commands()
            if isinstance(one, app_commands.Command)
        }
        menus = salon.tree.get_commands(type=AppCommandType.message)
        return found, {menu.name for menu in menus}
    finally:
        await salon.close()


async def test_every_slash_command_and_option_in_a_document_exists() -> None:
    existing, menus = await slash_commands()
    groups = {name.split()[0] for name in existing}
    for name, text in DOCUMENTS.items():
        for used in re.findall(r"`/([a-z-]+(?: [^`]*)?)`", text):
            words = used.split()
            if words[0] in ("health", "metrics", "data"):
                continue
            assert words[0] in groups, (name, used)
            if used in groups or words[-1] == "…":
                continue
            command = words[0] if words[0] in existing else " ".join(words[:2])
            assert command in existing, (name, used)
            options = used.removeprefix(command)
            for option in re.findall(r"[a-z]+(?=:)|\[[a-z]+\]|\b[a-z]+\b", options):
                assert option.strip("[]") in existing[command], (name, used)
        for item in re.findall(r"\*Apps › ([^*]+)\*", text):
            assert item in menus, (name, item)


async def test_every_slash_command_is_described_with_its_options() -> None:
    existing, menus = await slash_commands()
    tables = "".join(
        DOCUMENTS[f"docs/{name}.md"] for name in ("admins", "members", "prompts", "privacy")
    )
    for command, options in existing.items():
        usage = "".join(f" {key}" if must else f" [{key}]" for key, must in options.items())
        assert f"`/{command}{usage}`" in tables, command
    for item in menus:
        assert item in DOCUMENTS["docs/members.md"]


def test_the_lock_file_contains_no_registry_address() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][^\s]*", line), line


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(tests/[^`]+)`", SECURITY))))
def test_every_test_that_a_promise_names_exists(name: str) -> None:
    file, _, test = name.partition("::")
    assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_promise_names_a_test() -> None:
    promises = [line for line in SECURITY.splitlines() if line.startswith("| ")][1:]
    assert len(promises) > 10
    assert all("`tests/" in line for line in promises)


@pytest.mark.parametrize("folder", ["bot", "bot/core", "cogs", "storage"])
def test_the_diagram_of_the_code_has_every_package_and_module(folder: str) -> None:
    diagram = DOCUMENTS["CONTRIBUTING.md"].split("```")[1]
    for path in sorted((ROOT / folder).iterdir()):
        is_package = path.is_dir() and any(path.iterdir()) and path.name != "__pycache__"
        if is_package or (path.suffix == ".py" and path.name != "__init__.py"):
            assert path.stem in diagram, path.relative_to(ROOT)
