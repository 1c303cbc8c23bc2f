"""Immutable values that are made by the thousand a second.

A frozen dataclass assigns each of its attributes through ``object.__setattr__``, which takes three
times as long as to assign it. Here the type checker is what forbids changes, at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

__all__ = ["frozen"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def frozen(cls: type[T]) -> type[T]:
    """Make a dataclass with slots whose attributes aren't changed; equal values are equal.

    For values on the way of every message; others are ordinary frozen dataclasses.
    """
    return dataclass(slots=True, unsafe_hash=True)(cls)
