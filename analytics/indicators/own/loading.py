"""Turns the text of a user's file into an indicator. No other module runs code of the user's files. Pure."""

import sys
from collections.abc import Iterable
from hashlib import sha256
from types import ModuleType
from typing import NamedTuple

from analytics.indicators.catalog import CATALOG, COLUMN_NAME, outputs_by_name
from analytics.indicators.own.own_indicators import OwnSpec
from analytics.indicators.own.rules import RuleBroken, reason_of
from analytics.indicators.spec import Spec

NAME = "INDICATOR"
DIGEST_DIGITS = 16


class OwnFile(NamedTuple):
    """A file of the user: its path and its content."""

    path: str
    content: bytes

    @property
    def digest(self) -> str:
        """What identifies the content."""
        return sha256(self.content).hexdigest()[:DIGEST_DIGITS]


def loaded(file: OwnFile) -> OwnSpec:
    """The indicator that a file defines. Raises RuleBroken if there is none."""
    module = ModuleType(f"own_indicator_{file.digest}")
    module.__file__ = file.path
    # Dataclasses and typing look their module up by its name.
    sys.modules[module.__name__] = module
    try:
        exec(compile(file.content, file.path, "exec"), module.__dict__)  # noqa: S102 (the user's own file)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise RuleBroken(f"the file can't be imported: {reason_of(error)}") from error
    spec = vars(module).get(NAME)
    if not isinstance(spec, Spec):
        raise RuleBroken(
            f"the file must define {NAME} = Spec(...), see `analytics/indicators/own/example.py`"
        )
    return OwnSpec(spec, file.digest)


def require_own_names(found: Iterable[OwnSpec]) -> None:
    """Raises RuleBroken if the name of an indicator or of an output is not its own: the catalog or another file has it,
    or no column, log line or state can have it."""
    specs = [own.spec for own in found]
    try:
        outputs_by_name([*CATALOG, *specs])
    except (ValueError, TypeError, AttributeError) as error:
        raise RuleBroken(str(error).removesuffix(".")) from error
    for spec in specs:
        for name in (spec.name, *(output.name for output in spec.outputs)):
            _require_plain(name)


def _require_plain(name: object) -> None:
    # A subclass, such as a member of a StrEnum, is of the user's module, which no other process has.
    if type(name) is not str or not COLUMN_NAME.fullmatch(name):
        raise RuleBroken(
            f"the name {name!r} must be a plain string of lower-case letters, digits and underscores, with at most 63"
            " characters"
        )
