"""Errors, named by what happens next."""


class TickstreamError(Exception):
    """Every error this project raises on purpose. Its text is a sentence for the user."""


class ConfigError(TickstreamError):
    """The start stops; the text says which setting to mend and what is allowed."""


class Unavailable(TickstreamError):
    """A server is away; wait with backoff and try again."""


class BadMessage(TickstreamError):
    """The message goes to the dead letters; the text is the reason kept beside it."""


class PartitionLost(TickstreamError):
    """Another member of the group owns the partition now; roll back and rejoin."""


class StopPart(TickstreamError):
    """The part ends and must not be restarted: trying again would end the same way."""
