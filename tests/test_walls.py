"""The import rules between packages, and what the source must not contain."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ("bot", "cogs", "storage")

# -- what each package may import -----------------------------------------------------------------
# A package here is the longest matching name in the table. Every package may import itself.

#: The plain data of the core: limits of Discord, payloads, snowflakes, links to messages.
PLAIN = ["bot.core", "bot.errors"]
CORE: dict[str, list[str]] = {
    "bot.core": ["bot.errors"],
    "bot.core.text": PLAIN,
    "bot.core.essay": [*PLAIN, "bot.core.text"],
    "bot.core.reading": [*PLAIN, "bot.core.text", "bot.core.essay"],
    "bot.core.extraction": [*PLAIN, "bot.core.text", "bot.core.essay"],
    "bot.core.layout": [*PLAIN, "bot.core.text", "bot.core.essay"],
    "bot.core.read_essay": [
        *PLAIN,
        "bot.core.text",
        "bot.core.essay",
        "bot.core.reading",
        "bot.core.extraction",
    ],
    "bot.core.conversation": [*PLAIN, "bot.core.text", "bot.core.essay"],
    "bot.core.prompts": [*PLAIN, "bot.core.text", "bot.core.essay"],
}
BASE = ["bot.errors", "bot.clock", *CORE]

#: From the bottom up: each imports those before it.
STORAGE_ORDER = [
    "storage.db",
    "storage.servers",
    "storage.delivery",
    "storage.essays",
    "storage.replies",
    "storage.prompts",
    "storage.privacy",
]
STORAGE: dict[str, list[str]] = {"storage": []} | {
    package: [*BASE, *STORAGE_ORDER[:number]] for number, package in enumerate(STORAGE_ORDER)
}

FEATURES = ["bot.publishing", "bot.prompting", "bot.ingest"]
BELOW_DELIVERY = [
    *BASE,
    *STORAGE_ORDER,
    "bot.discord_api",
    "bot.languages",
    "bot.alerts",
    "bot.quotations",
    "bot.ask_button",
]
BELOW_COGS = [
    *BELOW_DELIVERY,
    *FEATURES,
    "bot.delivery",
    "bot.services",
    "bot.checks",
    "bot.erasure",
    "bot.library",
    "bot.export",
]
BOT: dict[str, list[str]] = {
    "bot": [],
    "bot.errors": [],
    "bot.clock": [],
    "bot.settings": ["bot.errors", "bot.core"],
    "bot.discord_api": BASE,
    "bot.publishing": BELOW_DELIVERY,
    "bot.prompting": BELOW_DELIVERY,
    "bot.ingest": BELOW_DELIVERY,
    "bot.delivery": [*BELOW_DELIVERY, *FEATURES],
    "bot.checks": BELOW_DELIVERY,
    "bot.languages": [*BASE, *STORAGE_ORDER],
    "bot.alerts": [*BASE, *STORAGE_ORDER, "bot.languages"],
    "bot.quotations": [*BASE, *STORAGE_ORDER, "bot.languages"],
    "bot.ask_button": [*BASE, *STORAGE_ORDER],
    "bot.erasure": [*BASE, *STORAGE_ORDER, "bot.languages", "bot.quotations", "bot.ask_button"],
    "bot.library": [*BASE, *STORAGE_ORDER],
    "bot.export": [*BASE, *STORAGE_ORDER, "bot.library"],
    "bot.services": [*BELOW_DELIVERY, *FEATURES, "bot.delivery"],
    "cogs": [],
    "cogs.ui": BELOW_COGS,
    "cogs.essays": [*BELOW_COGS, "cogs.ui"],
    "cogs.prompts": [*BELOW_COGS, "cogs.ui"],
    "cogs.setup": [*BELOW_COGS, "cogs.ui"],
    "cogs.members": [*BELOW_COGS, "cogs.ui"],
    "cogs.library": [*BELOW_COGS, "cogs.ui"],
    "cogs.events": [*BELOW_COGS, "cogs.ui"],
    "bot.app": [
        *BELOW_COGS,
        "bot.settings",
        *("cogs.ui", "cogs.essays", "cogs.prompts", "cogs.setup", "cogs.members", "cogs.events"),
        "cogs.library",
    ],
    "bot.cli": [*BELOW_COGS, "bot.settings"],
    # The commands; `rehearse` starts the emulator, which starts the bot as a child process.
    "bot.__main__": [*BELOW_COGS, "bot.settings", "bot.app", "bot.cli", "bot.emulator.__main__"],
}

#: From the bottom up: each imports those before it. REST and gateway don't know each other.
EMULATOR_ORDER = [
    "bot.emulator.world",
    "bot.emulator.payloads",
    "bot.emulator.rules",
    "bot.emulator.rest",
    "bot.emulator.gateway",
    "bot.emulator.faults",
    "bot.emulator.demo",
    "bot.emulator.web",
    "bot.emulator.app",
    "bot.emulator.server",
    "bot.emulator.serve",
    "bot.emulator.__main__",
]
EMULATOR: dict[str, list[str]] = {"bot.emulator": []} | {
    package: ["bot.emulator", *EMULATOR_ORDER[:number]]
    for number, package in enumerate(EMULATOR_ORDER)
}
EMULATOR["bot.emulator.gateway"].remove("bot.emulator.rest")

MAY_IMPORT: dict[str, list[str]] = CORE | STORAGE | BOT | EMULATOR

#: Besides the cogs, the modules that handle discord.py's objects.
IMPORT_DISCORD = {
    "bot.app.client",
    "bot.app.command_sync",
    "bot.app.gateway_socket",
    "bot.app.shard_connection",
    "bot.app.sharded_client",
    "bot.app.supervisor",
    "bot.app.watchdog",
    "bot.app.wiring",
    "bot.cli.doctor",
    "bot.delivery.answers",
    "bot.delivery.author_messages",
    "bot.delivery.attachments",
    "bot.delivery.card_indexes",
    "bot.delivery.worker_context",
    "bot.delivery.forum_posts",
    "bot.delivery.message_edits",
    "bot.delivery.messages",
    "bot.delivery.pictures",
    "bot.delivery.reply_moves",
    "bot.delivery.temporary_messages",
    "bot.delivery.threads",
    "bot.delivery.worker",
    "bot.discord_api.command_permissions",
    "bot.discord_api.command_translations",
    "bot.discord_api.commands",
    "bot.discord_api.connection",
    "bot.discord_api.download",
    "bot.discord_api.errors",
    "bot.discord_api.gateway_limits",
    "bot.discord_api.invite_link",
    "bot.discord_api.permissions",
    "bot.discord_api.rate_limit",
    "bot.discord_api.readable_channels",
    "bot.discord_api.server_cache",
    "bot.discord_api.single_attempt",
    "bot.discord_api.webhooks",
    "bot.ingest.catch_up",
    "bot.ingest.channel_history",
    "bot.ingest.content_access",
    "bot.ingest.gateway_events",
    "bot.ingest.last_messages",
    "bot.ingest.member_names",
    "bot.ingest.reactions",
    "bot.ingest.thread_lists",
}


#: The modules of the core whose plain types and constants storage may import.
PLAIN_TYPES = {
    "bot.core.conversation.anchors",
    "bot.core.conversation.author_questions",
    "bot.core.conversation.events",
    "bot.core.conversation.forwards_polls_stickers",
    "bot.core.conversation.proxies",
    "bot.core.conversation.routing",
    "bot.core.conversation.thread_index",
    "bot.core.conversation.thread_names",
    "bot.core.essay.blocks",
    "bot.core.essay.essay",
    "bot.core.essay.preview_note",
    "bot.core.essay.serialize",
    "bot.core.layout.parts",
    "bot.core.limits",
    "bot.core.payload",
    "bot.core.shards",
    "bot.core.prompts.digest",
    "bot.core.prompts.local_time",
    "bot.core.prompts.plan",
    "bot.core.prompts.policy",
    "bot.core.prompts.wording",
    "bot.core.text.folding",
    "bot.core.text.coded_text",
}
#: The functions among those: they make plain data from a row or a row from plain data.
PLAIN_FUNCTIONS = {
    "essay_from_json",
    "essay_to_json",
    "export_extras",
    "extras_from_columns",
    "extras_to_columns",
    "fold_text",
    "fold_unless_lower",
    "list_texts",
    "make_coded",
    "make_plain_message",
    "read_coded",
    "notes_from_lines",
    "notes_to_lines",
}


# -- reading the source ---------------------------------------------------------------------------


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    name_of(path): path for folder in SOURCE for path in sorted((ROOT / folder).rglob("*.py"))
}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


@cache
def imports_of(module: str) -> frozenset[str]:
    """What a module imports, at its top or anywhere else; modules by their full names."""
    found: set[str] = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in MODULES else node.module)
    return frozenset(found)


def is_in(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def package_of(module: str) -> str:
    """The package of the table that a module belongs to."""
    return max((package for package in MAY_IMPORT if is_in(module, package)), key=len)


def cycles(graph: dict[str, set[str]]) -> Iterator[list[str]]:
    """The groups of modules that import each other, directly or not."""

    def reachable(start: str) -> set[str]:
        found: set[str] = set()
        queue = [start]
        while queue:
            for one in graph[queue.pop()] - found:
                found.add(one)
                queue.append(one)
        return found

    reached = {module: reachable(module) for module in graph}
    seen: set[str] = set()
    for module in graph:
        if module in reached[module] and module not in seen:
            group = sorted(one for one in reached[module] if module in reached[one])
            seen |= set(group)
            yield group


# -- the rules ------------------------------------------------------------------------------------


def test_a_package_imports_only_what_the_table_allows() -> None:
    wrong = []
    for module in MODULES:
        package = package_of(module)
        for imported in sorted(imports_of(module)):
            if not is_in(imported, *SOURCE, "tests"):
                continue
            target = package_of(imported) if imported in MODULES else imported
            if target != package and target not in MAY_IMPORT[package]:
                wrong.append(f"{module} imports {imported}")
    assert not wrong, "\n".join(wrong)


def test_every_package_of_the_table_exists() -> None:
    assert set(MAY_IMPORT) <= set(MODULES)
    assert {one for allowed in MAY_IMPORT.values() for one in allowed} <= set(MAY_IMPORT)
    assert set(MODULES) >= IMPORT_DISCORD


def test_no_modules_import_each_other_in_a_cycle() -> None:
    graph = {module: set(imports_of(module)) & set(MODULES) - {module} for module in MODULES}
    assert list(cycles(graph)) == []


def test_a_cycle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set[str]()}
    assert list(cycles(graph)) == [["b", "c"]]


def test_imports_are_absolute() -> None:
    wrong = [
        f"{module}, line {node.lineno}"
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert not wrong, "\n".join(wrong)


def test_outside_of_storage_nothing_imports_sqlite() -> None:
    wrong = [
        module
        for module in MODULES
        if not is_in(module, "storage")
        and any(is_in(one, "sqlite3", "aiosqlite") for one in imports_of(module))
    ]
    assert not wrong, "\n".join(wrong)


def test_storage_imports_only_plain_types_and_constants_of_the_core() -> None:
    wrong = []
    for module in MODULES:
        if not is_in(module, "storage"):
            continue
        for node in ast.walk(tree_of(module)):
            if not isinstance(node, ast.ImportFrom) or not is_in(str(node.module), "bot.core"):
                continue
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                source = full if full in MODULES else str(node.module)
                functions = {
                    one.name
                    for one in tree_of(source).body
                    if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
                }
                if source not in PLAIN_TYPES or alias.name in functions - PLAIN_FUNCTIONS:
                    wrong.append(f"{module} imports {full}")
    assert not wrong, "\n".join(wrong)


def test_storage_has_no_sentences_in_its_sql() -> None:
    """A reason or an error that people read is passed by the caller."""
    sentence = re.compile(r"'(?:[^'\n]|'')*[a-z] [a-z](?:[^'\n]|'')*'")
    wrong = [
        f"{module}, line {node.lineno}: {text}"
        for module in MODULES
        if is_in(module, "storage")
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.search(r"^\s*(SELECT|INSERT|UPDATE|DELETE)\b", node.value)
        for text in sentence.findall(node.value)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_core_knows_neither_discord_nor_database_nor_clock_nor_environment() -> None:
    forbidden = ("discord", "storage", "aiosqlite", "sqlite3", "os", "time", "asyncio")
    wrong = [
        f"{module} imports {imported}"
        for module in MODULES
        if is_in(module, "bot.core")
        for imported in imports_of(module)
        if is_in(imported, *forbidden)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_listed_modules_and_the_cogs_import_discord() -> None:
    wrong = [
        module
        for module in MODULES
        if module not in IMPORT_DISCORD
        and not is_in(module, "cogs")
        and any(is_in(imported, "discord") for imported in imports_of(module))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_sql_is_put_together_from_pieces() -> None:
    methods = {"run", "run_many", "rows", "row", "insert"}
    wrong = [
        f"{module}, line {node.lineno}"
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "tx"
        and node.func.attr in methods
        and not isinstance(node.args[0], ast.Constant | ast.Name | ast.Attribute)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_clock_asks_what_time_it_is() -> None:
    calls = ("datetime.now(", "datetime.utcnow(", "time.time(", "utcnow(")
    wrong = [
        f"{module} calls {call}…)"
        for module, path in MODULES.items()
        if module != "bot.clock" and not is_in(module, "bot.emulator")
        for call in calls
        if call in path.read_text(encoding="utf-8")
    ]
    assert not wrong, "\n".join(wrong)


def test_every_folder_has_a_docstring() -> None:
    wrong = [
        module
        for module, path in MODULES.items()
        if path.name == "__init__.py" and not ast.get_docstring(tree_of(module))
    ]
    assert not wrong, "\n".join(wrong)
