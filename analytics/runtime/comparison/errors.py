"""Why stored rows are not compared with the log."""

from shared.errors import TickstreamError


class CannotCompare(TickstreamError):
    """Nothing is compared; the text is a sentence that says why and what to do."""


class LogIncomplete(TickstreamError):
    """The log no longer holds everything that was read; the text says what is missing."""
