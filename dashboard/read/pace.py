"""How fast analytics processes the log, and how long the rest takes at that pace. Pure."""

from typing import NamedTuple

PACE_SECONDS = 60.0
"""Messages of a history differ in cost, so the pace is that of the last minute."""
MIN_PACE_SECONDS = 10.0
"""Fewer seconds say little: messages are committed thousands at once."""
SAMPLE_SECONDS = 1.0


class PaceSample(NamedTuple):
    """The number of messages that analytics had processed at a time, epoch seconds."""

    at: float
    folded: int


Samples = tuple[PaceSample, ...]


def sampled(samples: Samples, now: float, folded: int) -> Samples:
    """The samples of the last minute, at most one a second, with a new one. They start with the first message, and
    again after a clock was set back and with another log."""
    if folded == 0:
        return (PaceSample(now, 0),)
    kept = tuple(each for each in samples if each.at >= now - PACE_SECONDS)
    if kept and (kept[-1].at > now or kept[-1].folded > folded):
        kept = ()
    if kept and now - kept[-1].at < SAMPLE_SECONDS:
        return kept
    return (*kept, PaceSample(now, folded))


def seconds_left(samples: Samples, left: int) -> float | None:
    """How long `left` messages take at the pace of these samples; None while the pace is unknown or zero."""
    if not samples:
        return None
    first, last = samples[0], samples[-1]
    seconds, messages = last.at - first.at, last.folded - first.folded
    if seconds < MIN_PACE_SECONDS or messages <= 0:
        return None
    return left * seconds / messages
