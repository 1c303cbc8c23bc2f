"""Where the emulator listens: the addresses of its page, its REST API and its gateway."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["API_VERSIONS", "Address", "without_api_prefix"]

API_VERSIONS = ("9", "10")
"""Versions of the REST API and the gateway. docs: Reference › API Versioning.

They behave alike here: the documentation names no difference that the emulator's rules know.
"""

_PREFIX = re.compile(r"^/api/v(?:9|10)(?=/)")


def without_api_prefix(path: str) -> str:
    """A path without ``/api/v9`` or ``/api/v10``; unchanged if it has neither."""
    return _PREFIX.sub("", path)


@dataclass(slots=True)
class Address:
    """A host and port; ``port`` is 0 until the server listens."""

    host: str = "127.0.0.1"
    port: int = 0

    @property
    def page(self) -> str:
        """The web page's address, without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    @property
    def api(self) -> str:
        """The REST API's address."""
        return f"{self.page}/api/v10"

    @property
    def gateway(self) -> str:
        """The gateway's address."""
        return f"ws://{self.host}:{self.port}/gateway"
