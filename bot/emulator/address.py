"""Where the emulator listens: the addresses of its page, its REST API and its gateway."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Address"]


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
