"""Stores what the log of a partition held for rules: changes of them, headlines, and alerts of missing quotes."""

from analytics.engine.armed_rules import FoundForRules
from analytics.store.alerts.alert_tables import write_no_data_alerts
from analytics.store.headlines import write_headlines
from analytics.store.rules.rule_changes import write_rule_changes
from shared.postgres.database import Cursor
from shared.progress.provenance import FoldedRecords


def write_found(cursor: Cursor, records: FoldedRecords, found: FoundForRules) -> None:
    """Write all of these in one transaction; the alerts are made from `records`."""
    write_rule_changes(cursor, records.partition, found.changes)
    write_headlines(cursor, records.partition, found.headlines)
    write_no_data_alerts(cursor, records, found.no_data)
