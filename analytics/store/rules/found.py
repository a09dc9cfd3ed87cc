"""Stores what the log of a partition held for rules: changes of them, headlines, and alerts of missing quotes."""

from analytics.engine.armed_rules import FoundForRules
from analytics.store.alerts.alert_tables import Published, write_no_data_alerts
from analytics.store.headlines import write_headlines
from analytics.store.rules.rule_changes import write_rule_changes
from shared.postgres.database import Cursor


def write_found(cursor: Cursor, partition: int, found: FoundForRules, published: Published) -> None:
    """Write all of these in one transaction; `published` has the times of the records that caused alerts."""
    write_rule_changes(cursor, partition, found.changes)
    write_headlines(cursor, partition, found.headlines)
    write_no_data_alerts(cursor, partition, found.no_data, published)
