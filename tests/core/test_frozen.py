"""Values that only the type checker keeps from being changed are dataclasses in all else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.core.frozen import frozen


@frozen
class Point:
    """A value with a default."""

    x: int
    y: int = 0


def test_equal_values_are_equal_and_have_one_hash() -> None:
    assert Point(1) == Point(1, 0)
    assert hash(Point(1)) == hash(Point(1, 0))
    assert Point(1) != Point(2)


def test_a_changed_copy_leaves_the_value_as_it_was() -> None:
    point = Point(1)
    assert replace(point, y=3) == Point(1, 3)
    assert point == Point(1)


def test_it_has_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Point(1).z = 2  # type: ignore[attr-defined]
