"""The walls of the house: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: Modules of the process, from the bottom up; what is not named here stands with the cogs' users.
LOW = {
    "bot.clock",
    "bot.errors",
    "bot.app.logging_setup",
    "bot.app.watchdog",
    "bot.app.background_tasks",
}
MIDDLE = {
    "bot.cli.backup",
    "bot.cli.erase_member",
    "bot.app.daily_backup",
    "bot.delivery.message_edits",
    "bot.export",
    "bot.publishing.fetch_page",
    "bot.delivery.attachments",
    "bot.checks",
    "bot.app.health",
    "bot.app.systemd",
    "bot.delivery.forum_posts",
    "bot.delivery.copy_search",
    "bot.delivery.reply_moves",
    "bot.delivery.messages",
    "bot.discord_api.rate_limit",
    "bot.prompting.dispatch",
    "bot.publishing.edit",
    "bot.publishing.publish",
    "bot.publishing.reader_process",
    "bot.ingest.recorder",
    "bot.ingest.answered_passages",
    "bot.ingest.batch",
    "bot.ingest.moved_replies",
    "bot.ingest.record_batch",
    "bot.ingest.catch_up",
    "bot.discord_api.errors",
    "bot.ingest.channel_history",
    "bot.ingest.member_names",
    "bot.ingest.reactions",
    "bot.ingest.thread_lists",
    "bot.delivery.threads",
    "bot.services",
    "bot.discord_api.commands",
    "bot.discord_api.connection",
    "bot.discord_api.download",
    "bot.discord_api.single_attempt",
    "cogs.ui.errors",
    "bot.delivery.scheduler",
    "bot.discord_api.webhooks",
    "bot.discord_api.parse",
}
TOP = {
    "bot.__main__",
    "bot.app.client",
    "bot.app.command_sync",
    "bot.app.emulator_clock",
    "bot.app.wiring",
    "bot.cli.doctor",
    "bot.app.supervisor",
    "bot.discord_api.permissions",
    "bot.settings",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            assert node.module is not None
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


HOUSE = [path for path in files("bot", "cogs", "storage") if name_of(path) != "bot"]


@pytest.mark.parametrize("path", HOUSE, ids=name_of)
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    module = name_of(path)
    ours = {name for name in imports(path) if within(name, "bot", "cogs", "storage", "tests")}
    ours -= {"bot"}
    assert not any(within(name, "tests") for name in ours)
    if within(module, "bot.emulator"):
        assert all(within(name, "bot.emulator") for name in ours)
        return
    if module != "bot.__main__":
        assert not any(within(name, "bot.emulator") for name in ours)
    if within(module, "bot.core"):
        assert all(within(name, "bot.core", "bot.errors") for name in ours)
    elif module in LOW:
        assert not ours
    elif within(module, "storage"):
        assert all(within(name, "storage", "bot.core", *LOW) for name in ours)
    elif module in MIDDLE:
        assert not any(within(name, "cogs", *TOP) for name in ours)
    elif within(module, "cogs"):
        assert not any(within(name, *TOP) for name in ours)
    else:
        assert module in TOP, f"{module} has no place in the house yet"


@pytest.mark.parametrize("path", HOUSE, ids=name_of)
def test_no_discord_object_goes_below_the_outbox_and_the_cogs(path: Path) -> None:
    module = name_of(path)
    sending = {
        "bot.delivery.message_edits",
        "bot.delivery.attachments",
        "bot.delivery.messages",
        "bot.delivery.threads",
        "bot.discord_api.errors",
        "bot.delivery.forum_posts",
        "bot.delivery.copy_search",
        "bot.delivery.reply_moves",
        "bot.discord_api.single_attempt",
        "bot.discord_api.webhooks",
    }
    catching_up = {
        "bot.ingest.catch_up",
        "bot.ingest.channel_history",
        "bot.ingest.thread_lists",
        "bot.ingest.reactions",
    }
    catching_up.add("bot.ingest.member_names")
    may = sending | catching_up | {"cogs.ui.errors", "bot.discord_api.permissions"}
    may |= {"bot.app.client", "bot.app.command_sync", "bot.app.wiring", "bot.cli.doctor"}
    may |= {"bot.app.supervisor", "bot.discord_api.commands", "bot.discord_api.connection"}
    may |= {"bot.discord_api.download"}
    if module not in may and not within(module, "cogs"):
        assert not any(within(name, "discord") for name in imports(path))


@pytest.mark.parametrize("path", files("bot/core"), ids=name_of)
def test_the_core_knows_neither_storage_nor_clock_nor_environment(path: Path) -> None:
    forbidden = ("discord", "storage", "aiosqlite", "sqlite3", "os", "time", "asyncio")
    assert not [name for name in imports(path) if within(name, *forbidden)]


@pytest.mark.parametrize("path", HOUSE, ids=name_of)
def test_no_sql_is_put_together_from_pieces(path: Path) -> None:
    statements = {"run", "run_many", "rows", "row", "insert"}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and (node.func.value.id, node.func.attr) in {("tx", name) for name in statements}
        ):
            sql = node.args[0]
            literal = isinstance(sql, ast.Constant | ast.Name | ast.Attribute)
            assert literal, f"{name_of(path)}, line {node.lineno}"


@pytest.mark.parametrize("path", HOUSE, ids=name_of)
def test_only_the_clock_asks_what_time_it_is(path: Path) -> None:
    module = name_of(path)
    if module == "bot.clock" or within(module, "bot.emulator"):
        return
    text = path.read_text(encoding="utf-8")
    for asks in ("datetime.now(", "datetime.utcnow(", "time.time(", "utcnow("):
        assert asks not in text, f"{module} asks {asks}…) itself"


@pytest.mark.parametrize("path", files("bot", "cogs", "storage"), ids=name_of)
def test_a_file_fits_in_the_head(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 430


@pytest.mark.parametrize(
    "path",
    [path for path in files("bot", "cogs", "storage") if path.name == "__init__.py"],
    ids=name_of,
)
def test_a_folder_says_in_a_sentence_what_lives_there(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
