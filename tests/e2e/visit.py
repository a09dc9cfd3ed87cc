"""An open page, with its console errors and its requests to other sites."""

from typing import Any

from playwright.sync_api import Page


class Visit:
    """An open page, with its requests to other servers and its console errors."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self._address = address
        self._listeners = {"console": self._note_message, "pageerror": self._fail, "request": self._see}
        for event, listener in self._listeners.items():
            page.on(event, listener)  # type: ignore[call-overload]
        page.goto(address)

    def end(self) -> None:
        """Listen no more: what the page does from now on is not of this visit."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    def _note_message(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _fail(self, error: Any) -> None:
        self.complaints.append(str(error))

    def _see(self, request: Any) -> None:
        if not request.url.startswith((self._address, "data:", "blob:")):
            self.outside.append(request.url)
