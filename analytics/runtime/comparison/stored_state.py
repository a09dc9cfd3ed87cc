"""What the analytics part has stored about its progress, at one moment: offsets, settings and deployments."""

from typing import NamedTuple

from analytics.engine.deployments import Deployment
from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.indicators.indicator_set import SettingsChanged
from analytics.runtime.across.evaluated_again import StoredEvaluations, stored_evaluations
from analytics.runtime.comparison.errors import CannotCompare
from analytics.runtime.comparison.stretches import Plan, plan_of
from analytics.runtime.partition import REMAKING, REWRITING
from analytics.runtime.processor import STATE_VERSION
from analytics.runtime.settings import settings_of
from analytics.store.forecasts.deployment_tables import deployments_from
from analytics.store.settings_tables import settings_history
from analytics.store.snapshot_tables import FoldSnapshot, load_snapshot
from shared.postgres.database import Cursor
from shared.progress.offsets import GroupOnTopic, Origin, Reached, all_reached, origin


class StoredState(NamedTuple):
    """The log that the tables were filled from; by partition, how far it was read, the deployments so far, and with
    which settings it is folded again; and how far rules that compare symbols were evaluated."""

    origin: Origin
    reached: dict[int, Reached]
    deployments: dict[int, list[Deployment]]
    plans: dict[int, Plan]
    evaluations: StoredEvaluations


def stored_state(cursor: Cursor, reading: GroupOnTopic, settings: EngineSettings) -> StoredState:
    """Read the state. `settings` are those of the configuration.

    Raises CannotCompare if the part has read nothing, or if its rows are of another version or of other indicators.
    """
    filled_from, reached = origin(cursor), all_reached(cursor, reading)
    if filled_from is None or not reached:
        raise CannotCompare(f"Nothing of topic {reading.topic} was read into this database.")
    current = {partition: _settings(cursor, reading, partition, settings) for partition in reached}
    plans = {
        partition: plan_of(at, settings_history(cursor, partition), current[partition])
        for partition, at in reached.items()
    }
    deployments = {
        partition: deployments_from(cursor, partition, at.first_offset) for partition, at in reached.items()
    }
    return StoredState(filled_from, reached, deployments, plans, stored_evaluations(cursor))


def _settings(
    cursor: Cursor, reading: GroupOnTopic, partition: int, settings: EngineSettings
) -> EngineSettings:
    snapshot = load_snapshot(cursor, reading, partition)
    if snapshot is None or REWRITING in snapshot.partition or REMAKING in snapshot.partition:
        raise CannotCompare(
            f"The rows of partition {partition} are being calculated again, or that was interrupted: start the "
            "pipeline, wait until it has finished, and compare then."
        )
    if snapshot.partition.get("version") != STATE_VERSION:
        raise CannotCompare(
            f"The rows of partition {partition} were calculated by another version: start the pipeline with this "
            "version, which calculates them again, and compare then."
        )
    found = settings_of(snapshot.partition, settings)
    _require_same_indicators(snapshot, found)
    return found


def _require_same_indicators(snapshot: FoldSnapshot, settings: EngineSettings) -> None:
    try:
        Engine(settings).restore(snapshot.partition, snapshot.symbols)
    except SettingsChanged as change:
        raise CannotCompare(
            f"The stored indicators are of other settings, because {change}: start the pipeline, which calculates them "
            "again, and compare then."
        ) from change
