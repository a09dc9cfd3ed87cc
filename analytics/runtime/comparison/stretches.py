"""The stretches of a partition of the log in which the settings of the analysis were the same."""

from collections.abc import Sequence
from typing import NamedTuple

from analytics.engine.engine_settings import EngineSettings
from analytics.indicators.spec import Parameters
from analytics.runtime.settings import decoded_settings, parameters_of
from analytics.store.settings_tables import SettingsFrom
from shared.progress.offsets import Reached


class Stretch(NamedTuple):
    """The offsets from `first` to below `end`, and the settings of the fold there.

    Alerts and forecasts of bars that closed in it are compared if `is_whole`; else an earlier version of the analysis
    calculated them, and they were kept when the log was read again.
    """

    first: int
    end: int
    settings: EngineSettings
    is_whole: bool


class Plan(NamedTuple):
    """How a partition is folded. `assumed_until` is the offset before which no settings are stored, so that those
    after it are assumed; None if all are known. `has_other_periods` is whether those of the indicators have changed."""

    stretches: list[Stretch]
    assumed_until: int | None
    has_other_periods: bool


def plan_of(at: Reached, history: Sequence[SettingsFrom], settings: EngineSettings) -> Plan:
    """The plan for a partition with these offsets and stored settings; `settings` are the current ones, used where none
    are stored."""
    first, end = at.first_offset, at.next_offset
    known = [each for each in history if each.offset < end or each.starts_over]
    if not known:
        return Plan([Stretch(first, end, settings, True)], end, False)
    base = max((place for place, each in enumerate(known) if each.starts_over), default=0)
    kept = known[base:]
    is_whole = not kept[0].starts_over
    stretches = [Stretch(first, kept[0].offset, decoded_settings(kept[0].settings, settings), is_whole)]
    for each, until in zip(kept, [*(later.offset for later in kept[1:]), end], strict=True):
        stretches.append(Stretch(each.offset, until, decoded_settings(each.settings, settings), True))
    assumed_until = None if kept[0].starts_over or kept[0].offset <= first else kept[0].offset
    filled = [each for each in stretches if each.first < each.end]
    has_other_periods = any(_has_other(parameters_of(each.settings), settings.indicators) for each in kept)
    return Plan(filled, assumed_until, has_other_periods)


def _has_other(before: Parameters, now: Parameters) -> bool:
    """Whether a parameter has changed; one of a new indicator has not."""
    return any(now.get(name, value) != value for name, value in before.items())
