"""Errors, named by what must happen next."""

MAX_SENTENCE = 300
"""Maximum length of the text of a source's error, in characters."""


class TickstreamError(Exception):
    """Base of all errors that this project raises on purpose. The text is a sentence for the user."""


class ConfigError(TickstreamError):
    """A setting is wrong, so the part can't start; the text names the setting and what is allowed."""


class Unavailable(TickstreamError):
    """A server is unavailable; wait with backoff and try again."""


class NoRoom(Unavailable):
    """A disk is full; wait with backoff and try again until space is freed."""


class Locked(Unavailable):
    """Another session holds a lock for too long; try again."""


class BadMessage(TickstreamError):
    """The message becomes a dead letter; the text is the reason stored with it."""


class PartitionLost(TickstreamError):
    """Another member of the group owns the partition now, or another producer the topic; roll back and rejoin."""


class StopPart(TickstreamError):
    """The part ends and must not be restarted: a retry would fail the same way."""


class ModelRefused(TickstreamError):
    """A model file is rejected: keep serving the current model. The text explains what is wrong and what to do."""


class SourceError(TickstreamError):
    """A request to a provider failed. `cause` is the short reason shown to the user.

    `retry_after` is how many seconds the provider asks to wait, None if it gave no number.
    """

    cause = "provider down"

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        # It may contain text from the provider, and is written to tables, which hold no NUL, and to terminals.
        super().__init__("".join(sign if sign.isprintable() else " " for sign in sentence[:MAX_SENTENCE]))
        self.retry_after = retry_after


class SourceDown(SourceError):
    """The provider is failing; try again with backoff."""


class Unanswered(SourceDown):
    """The provider fails at this one request; send the others meanwhile, and retry this one with growing pauses."""


class StreamSilent(SourceError):
    """A stream is open but sends nothing while the market is open; open another one."""

    cause = "stream silent"


class NoNetwork(SourceError):
    """No host can be reached; try again with backoff."""

    cause = "no network"


class Throttled(SourceError):
    """The provider limits requests; wait `retry_after` and try again."""

    cause = "throttled"


class Refused(SourceError):
    """The provider rejects requests because a key is missing or wrong; an early retry would fail too."""

    cause = "refused"


class UnknownSymbol(SourceError):
    """The provider does not know this symbol; stop requesting it."""

    cause = "unknown symbol"
