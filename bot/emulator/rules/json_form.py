"""Validating a JSON body field by field, and reporting all of its errors at once.

docs: Reference › Error Messages (code 50035 with ``errors`` nested along the fields).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.emulator.rules.errors import ApiError

_log = logging.getLogger(__name__)
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_ID = re.compile(r"[0-9]{1,19}")
_BIGGEST = (1 << 63) - 1

__all__ = ["Form", "FormErrors", "FormText", "form_error", "read_id"]


@dataclass(slots=True)
class FormErrors:
    """The errors of a form, by the path of the field."""

    found: list[tuple[tuple[str, ...], str, str]] = field(default_factory=list)

    def add(self, path: tuple[str, ...], code: str, message: str) -> None:
        """Add an error of the field at ``path``."""
        self.found.append((path, code, message))

    def raise_if_any(self) -> None:
        """Raise 50035 if there is any error."""
        if not self.found:
            return
        tree: dict[str, Any] = {}
        for path, code, message in self.found:
            at = tree
            for part in path:
                at = at.setdefault(part, {})
            at.setdefault("_errors", []).append({"code": code, "message": message})
        raise ApiError(400, 50035, "Invalid Form Body", errors=tree)


def form_error(path: str, code: str, message: str) -> ApiError:
    """The error response for one invalid field; ``path`` is written with dots."""
    errors = FormErrors()
    errors.add(tuple(path.split(".")), code, message)
    try:
        errors.raise_if_any()
    except ApiError as error:
        return error
    raise AssertionError("there is an error")


def read_id(value: Any) -> int | None:
    """An id, as a string or a number; None for anything else."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return int(text) if _ID.fullmatch(text) and int(text) <= _BIGGEST else None


class FormText(str):
    """A field of an HTML form, which has only texts; as a boolean it may be "true" or "false"."""

    __slots__ = ()


class Form:
    """A JSON object with readers for its fields.

    A reader returns the default (usually None) for a field that is absent or invalid. An invalid
    one is added to ``errors``, which :meth:`check` raises.
    """

    def __init__(
        self, body: dict[str, Any], path: tuple[str, ...] = (), errors: FormErrors | None = None
    ) -> None:
        self.body = body
        self.path = path
        self.errors = errors if errors is not None else FormErrors()

    def __contains__(self, name: str) -> bool:
        return name in self.body

    def check(self) -> None:
        """Raise 50035 if any field was invalid."""
        self.errors.raise_if_any()

    def add_error(self, name: str | None, code: str, message: str) -> None:
        """Add an error of a field, or of the whole form."""
        self.errors.add((*self.path, name) if name is not None else self.path, code, message)

    def refuse(self, *names: str) -> None:
        """Refuse fields that Discord has and the emulator doesn't, unless they are empty."""
        for name in names:
            if self.body.get(name) not in (None, False, "", [], {}):
                _log.error("The emulator doesn't have the field %s.", ".".join((*self.path, name)))
                self.add_error(name, "NOT_EMULATED", "The emulator doesn't have this field.")

    def _value(self, name: str, required: bool) -> Any:
        value = self.body.get(name)
        if value is None and required:
            self.add_error(name, "BASE_TYPE_REQUIRED", "This field is required")
        return value

    def string(
        self,
        name: str,
        *,
        least: int = 0,
        most: int | None = None,
        required: bool = False,
        strip: bool = True,
    ) -> str | None:
        """A text of ``least`` to ``most`` characters, stripped of white space around it."""
        value = self._value(name, required)
        if value is None:
            return None
        if not isinstance(value, str):
            self.add_error(name, "BASE_TYPE_CONVERT", "Could not interpret value as string.")
            return None
        if strip:
            value = value.strip()
        if not value and least:
            self.add_error(name, "BASE_TYPE_REQUIRED", "This field is required")
        elif most is not None and not least <= len(value) <= most:
            if least:
                self.add_error(
                    name,
                    "BASE_TYPE_BAD_LENGTH",
                    f"Must be between {least} and {most} in length.",
                )
            else:
                self.add_error(name, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        else:
            return value
        return None

    def integer(
        self,
        name: str,
        *,
        least: int | None = None,
        most: int | None = None,
        required: bool = False,
    ) -> int | None:
        """A 64-bit integer between two bounds; like Discord, also accepts "1" and 1.0."""
        value = self._value(name, required)
        if value is None:
            return None
        if isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _BIGGEST:
            self.add_error(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not int.')
            return None
        if least is not None and value < least:
            self.add_error(
                name,
                "NUMBER_TYPE_MIN",
                f"int value should be greater than or equal to {least}.",
            )
            return None
        if most is not None and value > most:
            self.add_error(
                name, "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}."
            )
            return None
        return value

    def choice(self, name: str, options: Collection[int], *, required: bool = False) -> int | None:
        """One of the given integers."""
        value = self.integer(name, required=required)
        if value is not None and value not in options:
            allowed = ", ".join(str(option) for option in sorted(options))
            self.add_error(name, "BASE_TYPE_CHOICES", f"Value must be one of {{{allowed}}}.")
            return None
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """A boolean; in an HTML form a text. docs: Reference › Boolean Query Strings."""
        value = self.body.get(name)
        if value is None:
            return default
        if isinstance(value, FormText):
            value = {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
        if not isinstance(value, bool):
            self.add_error(name, "BASE_TYPE_CONVERT", "Could not interpret value as boolean.")
            return default
        return value

    def snowflake(self, name: str, *, required: bool = False) -> int | None:
        """An id, as a string or a number."""
        value = self._value(name, required)
        if value is None:
            return None
        found = read_id(value)
        if found is None:
            self.add_error(name, "NUMBER_TYPE_COERCE", f'Value "{value}" is not snowflake.')
        return found

    def snowflakes(self, name: str, *, most: int) -> list[int]:
        """A list of ids."""
        found: list[int] = []
        for at, value in enumerate(self.items(name, most=most)):
            number = read_id(value)
            if number is None:
                self.errors.add(
                    (*self.path, name, str(at)),
                    "NUMBER_TYPE_COERCE",
                    f'Value "{value}" is not snowflake.',
                )
            else:
                found.append(number)
        return found

    def choices(self, name: str, options: Collection[int], *, most: int) -> list[int]:
        """A list of some of the given integers."""
        found: list[int] = []
        for at, value in enumerate(self.items(name, most=most)):
            if isinstance(value, int) and not isinstance(value, bool) and value in options:
                found.append(int(value))
                continue
            allowed = ", ".join(str(int(option)) for option in sorted(options))
            self.errors.add(
                (*self.path, name, str(at)),
                "BASE_TYPE_CHOICES",
                f"Value must be one of {{{allowed}}}.",
            )
        return found

    def moment(self, name: str) -> datetime | None:
        """An ISO 8601 time; one without an offset is in UTC."""
        value = self.string(name)
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            self.add_error(
                name, "DATE_TIME_TYPE_PARSE", f"Could not parse {value}. Should be ISO8601."
            )
            return None
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

    def items(self, name: str, *, least: int = 0, most: int, required: bool = False) -> list[Any]:
        """A list of ``least`` to ``most`` values of any type."""
        value = self._value(name, required)
        if value is None:
            return []
        if not isinstance(value, list):
            self.add_error(name, "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return []
        if least == 0 and len(value) > most:
            self.add_error(name, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
            return []
        if not least <= len(value) <= most:
            self.add_error(
                name,
                "BASE_TYPE_BAD_LENGTH",
                f"Must be between {least} and {most} in length.",
            )
            return []
        return value

    def forms(
        self, name: str, *, least: int = 0, most: int, required: bool = False
    ) -> Iterator[Form]:
        """A list of objects."""
        for at, value in enumerate(self.items(name, least=least, most=most, required=required)):
            path = (*self.path, name, str(at))
            if isinstance(value, dict):
                yield Form(value, path, self.errors)
            else:
                self.errors.add(
                    path, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
                )

    def form(self, name: str, *, required: bool = False) -> Form | None:
        """A nested object."""
        value = self._value(name, required)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.add_error(
                name, "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType"
            )
            return None
        return Form(value, (*self.path, name), self.errors)
