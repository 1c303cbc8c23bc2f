"""Discord's own API description (OpenAPI): example values of its schemas, and their fields."""

from __future__ import annotations

import functools
import json
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Description", "Variant", "load_description"]

_PATH = Path(__file__).resolve().parents[3] / "shared" / "discord" / "openapi.json"
_DEEPEST = 7
_LONGEST = 5000


@dataclass(frozen=True)
class Variant:
    """A request body with every field of one object in it; ``path`` leads to that object.

    ``kind`` are the names of the schemas on the way, ``fields`` the object's fields.
    """

    kind: tuple[str, ...]
    path: tuple[str | int, ...]
    body: Any
    fields: tuple[str, ...]

    def alone(self, field: str, schemas: Description) -> Iterator[Any]:
        """Bodies whose object has, beside its required fields, only this one."""
        for value in schemas.values_of(self, field):
            yield _replaced(self.body, self.path, value)

    def with_value(self, field: str, value: Any, schemas: Description) -> Any:
        """A body whose object has, beside its required fields, this field with this value."""
        return _replaced(self.body, self.path, {**schemas.minimal(self), field: value})


def _around(
    least: int | None, most: int | None, make: Callable[[int], Any]
) -> tuple[list[Any], list[Any]]:
    """Values of the sizes at two limits, and of those outside; very long ones are left out."""
    inside, outside = [], []
    if least is not None:
        inside.append(make(least))
        if least > 0 or make is int:
            outside.append(make(least - 1))
    if most is not None and (make is int or most <= _LONGEST):
        inside.append(make(most))
        outside.append(make(most + 1))
    return inside, outside


def _replaced(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(body, list):
        return [_replaced(body[0], path[1:], value)]
    return {**body, path[0]: _replaced(body[path[0]], path[1:], value)}


@functools.cache
def load_description() -> Description | None:
    """The description; None if it isn't available."""
    return Description(json.loads(_PATH.read_text("utf-8"))) if _PATH.is_file() else None


class Description:
    """Reads the description's schemas."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.paths: dict[str, Any] = document["paths"]
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self._objects: dict[tuple[str, ...], dict[str, Any]] = {}

    def request(self, method: str, path: str) -> dict[str, Any] | None:
        """The schema of a route's JSON body."""
        content = self.paths.get(path, {}).get(method.lower(), {}).get("requestBody", {})
        found: dict[str, Any] | None = (
            content.get("content", {}).get("application/json", {}).get("schema")
        )
        return found

    def parameters(self, method: str, path: str) -> list[str]:
        """The names of a route's query parameters."""
        operation = self.paths[path].get(method.lower(), {})
        found = [*self.paths[path].get("parameters", []), *operation.get("parameters", [])]
        return [one["name"] for one in found if one.get("in") == "query"]

    def routes(self) -> Iterator[tuple[str, str]]:
        """Method and path of every route."""
        for path, methods in self.paths.items():
            for method in methods:
                if method != "parameters":
                    yield method.upper(), path

    def _options(self, schema: dict[str, Any], name: str = "") -> Iterator[tuple[str, Any]]:
        """The alternatives of a schema with their names, references resolved, without null."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            yield from self._options(self._schemas[name], name)
        elif "properties" in schema or "items" in schema or "const" in schema or "enum" in schema:
            yield name, schema
        elif "oneOf" in schema or "anyOf" in schema:
            for one in schema.get("oneOf") or schema["anyOf"]:
                yield from self._options(one, name)
        elif "allOf" in schema:
            for one in schema["allOf"]:
                yield from self._options(one, name)
        elif schema.get("type") != "null":
            yield name, schema

    def sample(self, schema: dict[str, Any], depth: int = 0) -> Any:
        """A value that fits a schema; objects have only their required fields."""
        options = [one for _, one in self._options(schema)]
        one = options[0] if options else {}
        if "const" in one or "enum" in one:
            return one["const"] if "const" in one else one["enum"][0]
        kind = one.get("type")
        kind = next((k for k in kind if k != "null"), None) if isinstance(kind, list) else kind
        if kind == "object" or "properties" in one:
            fields = one.get("properties", {})
            needed = one.get("required", [])
            if depth > _DEEPEST:
                return {}
            return {name: self.sample(fields[name], depth + 1) for name in needed if name in fields}
        if kind == "array" or "items" in one:
            items = [] if depth > _DEEPEST else [self.sample(one.get("items", {}), depth + 1)]
            return items * max(1, one.get("minItems", 1))
        if kind == "string":
            if "pattern" in one or one.get("format") == "snowflake":
                return "1"
            if one.get("format") == "date-time":
                return "2026-12-01T00:00:00+00:00"
            if one.get("format") == "uri":
                return "https://example.org/a.png"
            return "x" * max(1, one.get("minLength", 1))
        if kind in {"integer", "number"}:
            return max(1, one.get("minimum", 1))
        return True if kind == "boolean" else "x"

    def variants(self, schema: dict[str, Any], kind: tuple[str, ...] = ()) -> Iterator[Variant]:
        """A body for every object that can be in a request, at every place it can be in."""
        for name, one in self._options(schema):
            if "items" in one and not kind:
                for inner in self.variants(one["items"], ("[]",)):
                    yield Variant(inner.kind, (0, *inner.path), [inner.body], inner.fields)
                continue
            fields: dict[str, Any] = one.get("properties", {})
            if not fields or (name and name in kind) or len(kind) > _DEEPEST:
                continue
            here = (*kind, name or "body")
            minimal = self.sample(one)
            self._objects[here] = one
            full = {**minimal, **{f: self.sample(s) for f, s in fields.items()}}
            yield Variant(here, (), full, tuple(fields))
            for field, inner in fields.items():
                yield from self._nested(here, minimal, field, inner)

    def _nested(
        self, here: tuple[str, ...], minimal: dict[str, Any], field: str, schema: dict[str, Any]
    ) -> Iterator[Variant]:
        for _, one in self._options(schema):
            is_list = "items" in one
            for inner in self.variants(one["items"] if is_list else one, (*here, field)):
                value = [inner.body] if is_list else inner.body
                path = (field, 0, *inner.path) if is_list else (field, *inner.path)
                yield Variant(inner.kind, path, {**minimal, field: value}, inner.fields)

    def limits(self, variant: Variant, field: str) -> Iterator[tuple[list[Any], list[Any]]]:
        """Values of a field just inside its limits, and just outside, for each kind of value."""
        for _, one in self._options(self._objects[variant.kind]["properties"][field]):
            if "maxLength" in one or "minLength" in one:
                yield _around(one.get("minLength"), one.get("maxLength"), lambda n: "x" * n)
            elif "maxItems" in one or "minItems" in one:
                items = functools.partial(operator.mul, [self.sample(one.get("items", {}))])
                yield _around(one.get("minItems"), one.get("maxItems"), items)
            elif "maximum" in one or "minimum" in one:
                yield _around(one.get("minimum"), one.get("maximum"), int)

    def minimal(self, variant: Variant) -> dict[str, Any]:
        """A variant's object with only its required fields."""
        found: dict[str, Any] = self.sample(self._objects[variant.kind])
        return found

    def values_of(self, variant: Variant, field: str) -> Iterator[Any]:
        """Objects of a variant with one more field, once for every kind of value it can have."""
        one = self._objects[variant.kind]
        minimal = self.sample(one)
        for _, value in self._options(one["properties"][field]):
            yield {**minimal, field: self.sample(value)}
