"""Errors, named by what happens next."""

LONGEST_SENTENCE = 300
"""Of a source's error, in characters."""


class TickstreamError(Exception):
    """Every error this project raises on purpose. Its text is a sentence for the user."""


class ConfigError(TickstreamError):
    """The start stops; the text says which setting to mend and what is allowed."""


class Unavailable(TickstreamError):
    """A server is away; wait with backoff and try again."""


class NoRoom(Unavailable):
    """A disk is full; wait with backoff and try again: somebody has to make room."""


class BadMessage(TickstreamError):
    """The message goes to the dead letters; the text is the reason kept beside it."""


class PartitionLost(TickstreamError):
    """Another member of the group owns the partition now, or another producer the topic; roll back and rejoin."""


class StopPart(TickstreamError):
    """The part ends and must not be restarted: trying again would end the same way."""


class ModelRefused(TickstreamError):
    """A file of a trained model is not served: keep what serves. The text says what is wrong and what to do."""


class SourceError(TickstreamError):
    """A provider did not give what it was asked for. `cause` is what the user is told.

    `retry_after` is how many seconds the provider wants to be left alone, None where it did not say.
    """

    cause = "provider down"

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        # A provider's own words may be part of it, and it goes into tables, which hold no NUL, and onto terminals.
        super().__init__("".join(sign if sign.isprintable() else " " for sign in sentence[:LONGEST_SENTENCE]))
        self.retry_after = retry_after


class SourceDown(SourceError):
    """The provider fails; try again with backoff."""


class Unanswered(SourceDown):
    """The provider fails at this one question; ask the others meanwhile, and this one again with growing pauses."""


class StreamSilent(SourceError):
    """A stream is open but brings nothing while the market is; open another one."""

    cause = "stream silent"


class NoNetwork(SourceError):
    """Nothing can be reached; try again with backoff."""

    cause = "no network"


class Throttled(SourceError):
    """The provider wants fewer requests; wait `retry_after` and try again."""

    cause = "throttled"


class Refused(SourceError):
    """The provider does not serve us: a key is missing or wrong. Asking again soon would end the same way."""

    cause = "refused"


class UnknownSymbol(SourceError):
    """The provider has no such symbol; ask no more for it."""

    cause = "unknown symbol"
