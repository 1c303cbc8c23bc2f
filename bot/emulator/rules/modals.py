"""Modals: validating the form an application shows and the values a member submits.

docs: Components › Component Reference (Label, Text Input, File Upload, selects);
Receiving and Responding to Interactions › Modal.
"""

from __future__ import annotations

from typing import Any

from bot.emulator.rules.components import (
    FILE_UPLOAD,
    LABEL,
    ROW,
    SELECTS,
    STRING_SELECT,
    TEXT,
    TEXT_INPUT,
    Tree,
    read_select,
    read_text_display,
    walk,
)
from bot.emulator.rules.file_types import read_file_types
from bot.emulator.rules.json_form import Form

__all__ = ["read_modal", "read_submission"]

_RADIO, _CHECKBOXES, _CHECKBOX = 21, 22, 23
_IN_LABEL = (*SELECTS, TEXT_INPUT, FILE_UPLOAD, _RADIO, _CHECKBOXES, _CHECKBOX)


def read_modal(form: Form) -> dict[str, Any]:
    """A modal: a title of 1 to 45 characters and 1 to 5 top-level components."""
    tree = Tree()
    return {
        "custom_id": form.string("custom_id", least=1, most=100, required=True, strip=False),
        "title": form.string("title", least=1, most=45, required=True),
        "components": [
            _top(child, tree) for child in form.forms("components", least=1, most=5, required=True)
        ],
    }


def _top(form: Form, tree: Tree) -> dict[str, Any]:
    kind = form.choice("type", (ROW, TEXT, LABEL), required=True)
    if kind is None:
        return {}
    data: dict[str, Any] = {"type": kind, "id": tree.enter(form)}
    if kind == TEXT:
        return data | {"content": read_text_display(form, tree)}
    if kind == ROW:
        children = form.forms("components", least=1, most=1, required=True)
        return data | {"components": [_field(c, tree, (TEXT_INPUT,), row=True) for c in children]}
    data["label"] = form.string("label", least=1, most=45, required=True)
    description = form.string("description", least=1, most=100)
    if description:
        data["description"] = description
    inner = form.form("component", required=True)
    return data | {"component": _field(inner, tree, _IN_LABEL, row=False) if inner else {}}


def _field(form: Form, tree: Tree, allowed: tuple[int, ...], *, row: bool) -> dict[str, Any]:
    kind = form.choice("type", allowed, required=True)
    if kind is None:
        return {}
    data: dict[str, Any] = {"type": kind, "id": tree.enter(form)}
    if kind in SELECTS:
        select = read_select(form, tree, kind, modal=True)
        _check_fewest(form, select["min_values"], required=select["required"])
        return data | select
    data["custom_id"] = tree.custom_id(form)
    data["required"] = form.boolean("required", default=kind != _CHECKBOX)
    if kind == TEXT_INPUT:
        return data | _text_input(form, row=row)
    if kind == FILE_UPLOAD:
        least = form.integer("min_values", least=0, most=10)
        data["min_values"] = 1 if least is None else least
        data["max_values"] = form.integer("max_values", least=1, most=10) or 1
        if form.body.get("file_types"):
            data["file_types"] = read_file_types(form)
        _check_fewest(form, least, required=data["required"])
        return data
    if kind == _CHECKBOX:
        data["default"] = form.boolean("default")
    if kind in {_RADIO, _CHECKBOXES}:
        fewest = 2 if kind == _RADIO else 1
        data["options"] = [
            {
                "value": option.string("value", least=1, most=100, required=True, strip=False),
                "label": option.string("label", least=1, most=100, required=True),
                "description": option.string("description", most=100) or None,
                "default": option.boolean("default"),
            }
            for option in form.forms("options", least=fewest, most=10, required=True)
        ]
    if kind == _CHECKBOXES:
        least = form.integer("min_values", least=0, most=10)
        data["min_values"] = 1 if least is None else least
        most = form.integer("max_values", least=1, most=10)
        data["max_values"] = len(data["options"]) if most is None else most
        _check_fewest(form, least, required=data["required"])
    return data


def _check_fewest(form: Form, least: int | None, *, required: bool) -> None:
    """docs: String Select, File Upload, … (``min_values`` is at least 1 if ``required``)."""
    if required and least == 0:
        form.add_error(
            "min_values", "NUMBER_TYPE_MIN", "int value should be greater than or equal to 1."
        )


def _text_input(form: Form, *, row: bool) -> dict[str, Any]:
    """docs: Text Input: it has its own label in an action row, but not inside a Label."""
    data: dict[str, Any] = {
        "style": form.choice("style", (1, 2), required=True),
        "min_length": form.integer("min_length", least=0, most=4000) or 0,
        "max_length": form.integer("max_length", least=1, most=4000) or 4000,
    }
    label = form.string("label", least=1 if row else 0, most=45, required=row)
    if row:
        data["label"] = label
    elif label is not None:
        form.add_error("label", "TEXT_INPUT_LABEL_IN_LABEL", "The label is in the Label around it")
    for name, most in (("placeholder", 100), ("value", 4000)):
        text = form.string(name, most=most, strip=False)
        if text:
            data[name] = text
    if data["min_length"] > data["max_length"]:
        form.add_error("max_length", "NUMBER_TYPE_MIN", "max_length must be at least min_length.")
    return data


def read_submission(
    modal: dict[str, Any], form: Form
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The submitted values in the modal's structure, and the list of its fields with values.

    Each value is checked against its field. docs: Receiving and Responding to Interactions ›
    Modal Submit Data Structure.
    """
    fields = {c["custom_id"]: c for c in walk(modal["components"]) if c.get("custom_id")}
    given: dict[str, Form] = {}
    for outer in form.forms("components", most=5):
        inner = list(outer.forms("components", most=5))
        single = outer.form("component")
        for one in [*inner, *([single] if single is not None else [])]:
            given[one.string("custom_id", strip=False) or ""] = one
    for custom_id, one in given.items():
        if custom_id not in fields:
            one.add_error("custom_id", "COMPONENT_UNKNOWN", "The modal has no such field.")
    answered: list[dict[str, Any]] = []
    values: dict[str, dict[str, Any]] = {}
    for custom_id, asked in fields.items():
        one = given.get(custom_id, Form({}, (*form.path, custom_id), form.errors))
        value = {"type": asked["type"], "id": asked["id"], "custom_id": custom_id}
        value |= _read_value(asked, one)
        values[custom_id] = value
        answered.append(value)
    shape = [_with_values(component, values) for component in modal["components"]]
    return shape, answered


def _with_values(component: dict[str, Any], values: dict[str, dict[str, Any]]) -> dict[str, Any]:
    data: dict[str, Any] = {"type": component["type"], "id": component["id"]}
    if component["type"] == ROW:
        data["components"] = [values[c["custom_id"]] for c in component["components"]]
    elif component["type"] == LABEL:
        data["component"] = values[component["component"]["custom_id"]]
    return data


def _read_value(asked: dict[str, Any], form: Form) -> dict[str, Any]:
    kind, required = asked["type"], asked.get("required", True)
    if kind == TEXT_INPUT:
        text = form.string("value", strip=False) or ""
        if not text and not required:
            return {"value": ""}
        least = max(asked["min_length"], 1 if required else 0)
        form.string("value", least=least, most=asked["max_length"], required=True, strip=False)
        return {"value": text}
    if kind == _CHECKBOX:
        return {"value": form.boolean("value")}
    if kind == _RADIO:
        choice = form.string("value", required=required, strip=False)
        if choice is not None and choice not in {o["value"] for o in asked["options"]}:
            form.add_error("value", "BASE_TYPE_CHOICES", "The value is none of the options.")
        return {"value": choice}
    values = [str(value) for value in form.items("values", most=25)]
    if not values and not required:
        return {"values": []}
    if not asked["min_values"] <= len(values) <= asked["max_values"]:
        form.add_error("values", "BASE_TYPE_BAD_LENGTH", "Too few or too many values.")
    if kind in {STRING_SELECT, _CHECKBOXES}:
        known = {option["value"] for option in asked["options"]}
        if not set(values) <= known:
            form.add_error("values", "BASE_TYPE_CHOICES", "A value is none of the options.")
    return {"values": values}
