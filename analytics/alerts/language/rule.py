"""A rule: what it applies to, its condition, and how often it may fire. Pure."""

from dataclasses import dataclass
from typing import Literal

from analytics.alerts.language.syntax import Duration, Node
from shared.market.alert_texts import DEFAULT_SEVERITY
from shared.market.records import Interval

Severity = Literal["info", "warning", "critical"]
ScopeKind = Literal["all", "symbols", "list", "held"]


@dataclass(frozen=True)
class Scope:
    """What a rule applies to: all symbols, those with these `names`, those of a list with this name, or those held."""

    kind: ScopeKind = "all"
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A rule that was read and checked.

    It is evaluated at the closed bars of `interval`, and fires where `condition` has become true and has been true for
    `bars` closes. It rests until the condition is false or, if there is one, until `clear` is true. With `every` it
    does not fire again within that time; with `is_once` it fires once a symbol. `while_open`: only while the exchange
    is open. `is_live`: at the open bar too.
    """

    scope: Scope
    condition: Node
    interval: Interval = "1m"
    bars: int = 1
    clear: Node | None = None
    is_once: bool = False
    every: Duration | None = None
    while_open: bool = False
    is_live: bool = False
    severity: Severity = DEFAULT_SEVERITY

    @property
    def conditions(self) -> list[Node]:
        """The condition, and the one that clears it if there is one."""
        return [self.condition] if self.clear is None else [self.condition, self.clear]
