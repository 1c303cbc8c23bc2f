"""All SQL statements of a package, collected from its source, and their query plans."""

from __future__ import annotations

import ast
import importlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

_VERB = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\s")
_COMMENT = re.compile(r"--[^\n]*")
_NAMED = re.compile(
    r"\b(?:FROM|JOIN|UPDATE|INTO)\s+(?P<table>(?:(?:main|replaced)\.)?\w+)"
    r"(?:\s+AS\s+(?P<alias>\w+))?"
)
_DERIVED = re.compile(r"\)\s+AS\s+(\w+)")
#: A common table expression with named columns. The steps of its own query are in the plan, too.
_COMMON = re.compile(r"(\w+) \([\w, ]+\) AS \(")
_SCAN = re.compile(r"SCAN (?P<name>\S+)(?: USING (?:COVERING )?INDEX (?P<index>\S+))?$")
_HARMLESS = re.compile(r"SCAN (?:CONSTANT ROW|json_each VIRTUAL TABLE)")
_AUTOMATIC = re.compile(r"SEARCH (?P<name>\S+) USING AUTOMATIC")
#: Modules with statements that only PostgreSQL has.
_ONLY_POSTGRESQL = "storage.db.postgresql"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement; ``place``: module and the function it is passed on in."""

    place: str
    sql: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A step of a plan that reads a whole table, or a whole index of it."""

    place: str
    table: str
    index: str | None
    sql: str


class _AnyParameter(dict[str, object]):
    def __missing__(self, name: str) -> object:
        return None


def find_statements(root: Path, package: str) -> list[Statement]:
    """Every statement in the modules of a package: passed to a call, looped over, or exported.

    Those for an archive on PostgreSQL only are left out.

    Raises AssertionError where one could escape: it is put together while the function runs, or it
    is a constant that nothing in the package uses.
    """
    found: list[Statement] = []
    modules: list[tuple[str, str, ModuleType]] = []
    for path in sorted((root / package).rglob("*.py")):
        name = ".".join(path.relative_to(root).with_suffix("").parts)
        if name.startswith(_ONLY_POSTGRESQL):
            continue
        module = importlib.import_module(name.removesuffix(".__init__"))
        modules.append((name, path.read_text(encoding="utf-8"), module))
    for name, source, module in modules:
        found += statements_in(source, module, name) + exported_statements(module, name)
    known = {statement.sql for statement in found}
    for name, source, module in modules:
        for constant, sql in unused_statements(source, module):
            assert sql in known, f"{name}.{constant} is a statement that nothing uses"
    return found


def statements_in(source: str, module: ModuleType, name: str) -> list[Statement]:
    """The statements of one module; a constant expression is evaluated in ``module``."""
    tree = ast.parse(source)
    found: list[Statement] = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
            continue
        for expression in _passed_on(function):
            found += [
                Statement(f"{name}.{function.name}", sql) for sql in _evaluate(expression, module)
            ]
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and _runs_sql(node):
                sql = node.args[0]
                assert isinstance(sql, ast.Name) or _evaluate(sql, module) or _is_other(sql), (
                    f"{name}.{function.name} runs what is only put together there: "
                    f"{ast.unparse(sql)[:80]}"
                )
    return list(dict.fromkeys(found))


def exported_statements(module: ModuleType, name: str) -> list[Statement]:
    """The statements that a module has for others."""
    return [
        Statement(f"{name}.{constant}", sql)
        for constant in getattr(module, "__all__", ())
        for sql in _statements(getattr(module, constant))
    ]


def unused_statements(source: str, module: ModuleType) -> list[tuple[str, str]]:
    """The constants of a module, with their statements, that the module itself doesn't name."""
    used = {
        node.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return [
        (constant, sql)
        for constant, value in vars(module).items()
        if constant not in used
        for sql in _statements(value)
    ]


def _runs_sql(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr
        in ("run", "run_later", "rows", "rows_of_each", "row", "insert", "run_many")
        and bool(call.args)
    )


def _is_other(sql: ast.expr) -> bool:
    """Whether it is a string that is no statement on tables, like a PRAGMA."""
    return isinstance(sql, ast.Constant)


def _passed_on(function: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            yield from node.args
            yield from (keyword.value for keyword in node.keywords)
        elif isinstance(node, ast.For | ast.comprehension):
            yield node.iter
        elif isinstance(node, ast.Assign | ast.Return) and node.value is not None:
            yield node.value


def _evaluate(expression: ast.expr, module: ModuleType) -> list[str]:
    allowed = (
        ast.Constant,
        ast.Name,
        ast.Attribute,
        ast.BinOp,
        ast.Add,
        ast.Tuple,
        ast.Starred,
        ast.Load,
        ast.IfExp,
    )
    if isinstance(expression, ast.Starred):
        return _evaluate(expression.value, module)
    if isinstance(expression, ast.IfExp):
        return _evaluate(expression.body, module) + _evaluate(expression.orelse, module)
    if not all(isinstance(node, allowed) for node in ast.walk(expression)):
        return []
    try:
        value = eval(compile(ast.Expression(expression), "<sql>", "eval"), dict(vars(module)))
    except (NameError, AttributeError, TypeError):
        return []  # made of something that only exists while the function runs
    return _statements(value)


def _statements(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if _VERB.match(_COMMENT.sub("", value)) else []
    if isinstance(value, tuple):
        return [sql for one in value for sql in _statements(one)]
    return []


def find_scans(connection: sqlite3.Connection, statement: Statement) -> list[Scan]:
    """The steps of a statement's plan that read a whole table, an automatic index included.

    Raises sqlite3.Error where the statement doesn't fit the tables.
    """
    sql = _COMMENT.sub("", statement.sql)
    tables = {match["alias"] or match["table"]: match["table"] for match in _NAMED.finditer(sql)}
    derived = set(_DERIVED.findall(sql))
    for name in _COMMON.findall(sql):
        tables.pop(name, None)
        derived.add(name)
    scans = []
    for row in connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", _AnyParameter()):
        match = _SCAN.match(row[3]) or _AUTOMATIC.match(row[3])
        if match is None:
            assert not row[3].startswith("SCAN") or _HARMLESS.match(row[3]), row[3]
            continue
        name = match["name"]
        if name not in tables and (name in derived or name.startswith("(")):
            continue
        table = tables.get(name, name).removeprefix("main.")
        scans.append(Scan(statement.place, table, match.groupdict().get("index"), statement.sql))
    return scans
