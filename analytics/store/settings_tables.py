"""The table of the settings that a partition was analysed with."""

from typing import NamedTuple

from shared.postgres.database import Cursor


class SettingsFrom(NamedTuple):
    """From the record at `offset` on, bars are closed and analysed with these settings, which are encoded.

    With `starts_over` the state at this offset is that of a fold of all records before it with these settings.
    """

    offset: int
    starts_over: bool
    settings: str


def settings_history(cursor: Cursor, partition: int) -> list[SettingsFrom]:
    """All settings of a partition, in order; none before this table was there."""
    cursor.execute(
        "select from_offset, starts_over, settings from analysis_settings where partition = %s"
        " order by from_offset",
        (partition,),
    )
    return [SettingsFrom(*row) for row in cursor.fetchall()]


def write_settings(cursor: Cursor, partition: int, found: SettingsFrom) -> None:
    """Write settings, in the transaction that moves the offset past the first record they apply to, or that starts
    over. They replace settings that applied to no record."""
    cursor.execute(
        "insert into analysis_settings as kept (partition, from_offset, starts_over, settings)"
        " values (%s, %s, %s, %s) on conflict (partition, from_offset) do update"
        " set settings = excluded.settings, starts_over = kept.starts_over or excluded.starts_over",
        (partition, *found),
    )


def delete_settings(cursor: Cursor, partition: int) -> None:
    """Delete the settings of a partition, of which everything is calculated again."""
    cursor.execute("delete from analysis_settings where partition = %s", (partition,))
