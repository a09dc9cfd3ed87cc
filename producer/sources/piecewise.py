"""Parses responses piece by piece, so that an invalid piece is skipped without losing the rest."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from producer.sources.answers import Skipped
from shared.errors import Unanswered

Piece = TypeVar("Piece", bound=msgspec.Struct)
Item = TypeVar("Item")


def log_skipped(skipped: Skipped, log: logging.Logger, answer: str) -> None:
    """Log one line for the whole `answer`, such as "Yahoo's 1d bars of X", if anything was skipped."""
    if skipped.count:
        log.warning("%s: %d skipped, the first one because: %s", answer, skipped.count, skipped.reason)


def parsed_items(
    raw: Iterable[object], kind: type[Item], skipped: Skipped, strict: bool = True
) -> list[Item]:
    """The valid items, in order. Unless `strict`, numbers may be given as text."""
    items = []
    for one in raw:
        try:
            items.append(msgspec.convert(one, kind, strict=strict))
        except msgspec.ValidationError as error:
            skipped.note(error)
    return items


def parsed_rows(raw: object, kind: type[Item], answer: str, skipped: Skipped) -> list[Item]:
    """The valid rows, whose numbers may be given as text; others are counted in `skipped`.

    Raises Unanswered if the `answer` is not a list of rows, or none of them is valid.
    """
    try:
        return msgspec.convert(raw, list[kind], strict=False)  # type: ignore[valid-type]
    except msgspec.ValidationError:
        rows = parsed_items(raw if isinstance(raw, list) else [], kind, skipped, strict=False)
        if not rows:
            raise Unanswered(f"{answer} are unreadable.") from None
        return rows


def rising(rows: Iterable[Item], place_of: Callable[[Item], int], after: int, skipped: Skipped) -> list[Item]:
    """The rows in order of their places (times or numbers), each place once, only after `after`; others are counted in
    `skipped`.

    Of two rows with the same place the first one is kept.
    """
    found: dict[int, Item] = {}
    differing, others = list[str](), list[str]()
    for row in rows:
        place = place_of(row)
        if place <= after:
            others.append(f"{place} is not after {after}, as requested")
        elif found.setdefault(place, row) is not row:
            is_same = found[place] == row
            (others if is_same else differing).append(
                f"{place} is repeated"
                if is_same
                else f"{place} is repeated: {found[place]} is kept, {row} skipped"
            )
    for reason in (*differing, *others):
        skipped.note(reason)
    return [found[place] for place in sorted(found)]


def parsed_fields(raw: object, kind: type[Piece], skipped: Skipped) -> Piece:
    """`raw` as `kind`; an invalid field gets its default.

    Raises msgspec.ValidationError if a field without a default is missing or invalid.
    """
    known = dict(raw) if isinstance(raw, dict) else {}
    for field in msgspec.structs.fields(kind):
        if field.required or field.encode_name not in known:
            continue
        try:
            msgspec.convert(known[field.encode_name], field.type)
        except msgspec.ValidationError as error:
            if known.pop(field.encode_name) is not None:
                skipped.note(f"{field.encode_name}: {error}")
    return msgspec.convert(known, kind)
