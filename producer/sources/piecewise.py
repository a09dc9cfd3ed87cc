"""Answers that are wrong in one place, read piece by piece: what can't be understood costs itself and nothing else."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from producer.sources.answers import LeftOut
from shared.errors import Unanswered

Piece = TypeVar("Piece", bound=msgspec.Struct)
Item = TypeVar("Item")


def log_left_out(left_out: LeftOut, log: logging.Logger, answer: str) -> None:
    """One line for the whole answer, such as "Yahoo's 1d bars of X"; none where nothing is left out."""
    if left_out.count:
        log.warning("%s: %d left out, the first one for: %s", answer, left_out.count, left_out.reason)


def understood_items(
    raw: Iterable[object], kind: type[Item], left_out: LeftOut, strict: bool = True
) -> list[Item]:
    """The items that can be understood, in their order. Texts stand for numbers where it is not `strict`."""
    items = []
    for one in raw:
        try:
            items.append(msgspec.convert(one, kind, strict=strict))
        except msgspec.ValidationError as error:
            left_out.note(error)
    return items


def understood_rows(raw: object, kind: type[Item], answer: str, left_out: LeftOut) -> list[Item]:
    """The rows that can be understood, texts standing for numbers; the others are noted in `left_out`.

    Raises Unanswered where the `answer` is no list of rows, or none of them can be understood.
    """
    try:
        return msgspec.convert(raw, list[kind], strict=False)  # type: ignore[valid-type]
    except msgspec.ValidationError:
        rows = understood_items(raw if isinstance(raw, list) else [], kind, left_out, strict=False)
        if not rows:
            raise Unanswered(f"{answer} are unreadable.") from None
        return rows


def rising(
    rows: Iterable[Item], place_of: Callable[[Item], int], after: int, left_out: LeftOut
) -> list[Item]:
    """The rows by their places, each place once, and none at `after` or before it; the others are noted in `left_out`.

    Of two rows of one place the first one stands: the second is a repetition, or something else that can't be told.
    """
    found: dict[int, Item] = {}
    differing, others = list[str](), list[str]()
    for row in rows:
        place = place_of(row)
        if place <= after:
            others.append(f"{place} is not behind {after}, as was asked for")
        elif found.setdefault(place, row) is not row:
            is_same = found[place] == row
            (others if is_same else differing).append(
                f"{place} comes twice"
                if is_same
                else f"{place} comes twice: {found[place]} stands, not {row}"
            )
    for reason in (*differing, *others):
        left_out.note(reason)
    return [found[place] for place in sorted(found)]


def understood_fields(raw: object, kind: type[Piece], left_out: LeftOut) -> Piece:
    """`raw` as `kind`; a field that can't be understood takes its default.

    Raises msgspec.ValidationError where a field without a default is missing or can't be understood.
    """
    known = dict(raw) if isinstance(raw, dict) else {}
    for field in msgspec.structs.fields(kind):
        if field.required or field.encode_name not in known:
            continue
        try:
            msgspec.convert(known[field.encode_name], field.type)
        except msgspec.ValidationError as error:
            if known.pop(field.encode_name) is not None:
                left_out.note(f"{field.encode_name}: {error}")
    return msgspec.convert(known, kind)
