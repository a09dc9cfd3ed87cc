"""Reads scripts in Pine: which of its statements is the condition, and of which bars. Pure.

The language: TradingView's Pine Script user manual, versions 4 to 6.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from analytics.alerts.importing.pine_arguments import with_meaning
from analytics.alerts.importing.pine_expressions import PineBuilder
from analytics.alerts.importing.pine_grammar import read_statement
from analytics.alerts.importing.pine_lines import Statement, statements
from analytics.alerts.importing.pine_nodes import (
    OnInterval,
    Several,
    Text,
    Variable,
    as_real,
    kind_of_value,
)
from analytics.alerts.importing.translation import Findings, Untranslated, built, require_small, with_children
from analytics.alerts.language.rule_error import Fault
from analytics.alerts.language.syntax import Call, Node, Series
from shared.market.records import Interval

WITHOUT_MEANING = re.compile(
    r"\s*((indicator|study|strategy|plot\w*|hline|bgcolor|barcolor|fill)\s*\(|(label|line|box|table|log)\.\w+)"
)
"""What a script is called and what it draws."""
FUNCTION = re.compile(r"\s*(\w+)\s*\(.*?\)\s*=>", re.DOTALL)
TUPLE = re.compile(r"\s*\[([\w\s,]+)\]\s*=(?!=)")
ASSIGNMENT = re.compile(
    r"\s*(?:(var|varip)\s+)?(?:(?:series|simple|const|input)\s+)?(?:(float|int|bool|string|color)\s+)?"
    r"(\w+)\s*(=|:=|[-+*/%]=)(?!=)"
)
VERSION = re.compile(r"//\s*@version\s*=\s*(\d+)")
WITHOUT_CUTS = 6
"""The first version in which a quotient of whole numbers has its fraction."""
BRANCH = re.compile(r"\s*if\b")
ALERT = re.compile(r"\s*alert\s*\(")
ALERT_CONDITION = re.compile(r"\s*alertcondition\s*\(")
REFUSED = {
    re.compile(r"\s*strategy\."): "a rule places no orders: end the script with the condition that is meant",
    re.compile(r"\s*(for|while|switch|else|import|export|type|method)\b"): "a rule has no such statement",
}
CHANGED = (
    "{0} is assigned again, or keeps its value from bar to bar: a rule calculates its values from bars alone"
)


@dataclass(frozen=True)
class ScriptCondition:
    """A condition that may be the one that is meant; `name` is that of its variable or empty."""

    place: int
    value: Variable
    name: str = ""


@dataclass
class _Script:
    """What was read of a script so far. Variables that are `changed` by any of its statements have no value, because
    an earlier one may read what they were at the bar before."""

    changed: frozenset[str]
    cuts_quotients: bool
    variables: dict[str, Variable] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    alerts: list[ScriptCondition] = field(default_factory=list)
    bare: list[ScriptCondition] = field(default_factory=list)
    branch: ScriptCondition | None = None

    def read(self, statement: Statement) -> None:
        """Read one statement more. Raises Fault if it may change the condition and has no counterpart."""
        text, place = statement.text, _first(statement)
        if WITHOUT_MEANING.match(text):
            return
        for pattern, why in REFUSED.items():
            if pattern.match(text):
                raise Fault(place, why)
        if found := FUNCTION.match(text):
            findings = Findings(
                [Fault(place, "a rule has no functions of its own: write the expression out")]
            )
            self.variables[found.group(1)] = Variable(Untranslated(place=place), findings, True)
        elif ALERT.match(text):
            self._alert(statement.within, place)
        elif statement.within:
            raise Fault(place, "only alert() can stand within an if: assign the condition before it")
        elif BRANCH.match(text):
            self.branch = ScriptCondition(place, self._value(statement, 0))
        elif found := TUPLE.match(text):
            self._assign_all([name.strip() for name in found.group(1).split(",")], statement, found.end())
        elif found := ASSIGNMENT.match(text):
            self._assign(found, statement)
        else:
            alerts = self.alerts if ALERT_CONDITION.match(text) else self.bare
            alerts.append(ScriptCondition(place, self._value(statement, 0)))

    def _alert(self, within: bool, place: int) -> None:
        if not within or self.branch is None:
            raise Fault(place, "an alert without a condition comes at every bar")
        if self.branch not in self.alerts:
            self.alerts.append(self.branch)

    def _value(self, statement: Statement, skipped: int) -> Variable:
        """The expression of a statement after so many signs. What can't be translated counts where it is used."""
        findings, begin = Findings(), statement.begin + skipped
        builder = PineBuilder(findings, begin, self.variables, self.cuts_quotients)
        try:
            value = built(builder, with_meaning(read_statement(statement.text[skipped:], begin)))
            require_small(value)
        except Fault as fault:
            value = findings.refuse(fault)
        self.used |= builder.used
        return Variable(value, findings)

    def _assign(self, found: re.Match[str], statement: Statement) -> None:
        declared, name = found.group(2, 3)
        variable, place = self._value(statement, found.end()), _first(statement)
        value, findings = _declared(variable.value, declared), variable.findings
        if name in self.changed:
            findings = Findings([Fault(place, CHANGED.format(name))])
            value = Untranslated(kind_of_value(value).replace("constant", ""), place=place)
        self.variables[name], self.places[name] = Variable(value, findings), place

    def _assign_all(self, names: list[str], statement: Statement, skipped: int) -> None:
        variable = self._value(statement, skipped)
        values: tuple[Node, ...] = (variable.value,) * len(names)
        if isinstance(variable.value, Several):
            values = variable.value.values
        if len(values) != len(names) or (
            len(names) > 1 and not isinstance(variable.value, Several | Untranslated)
        ):
            raise Fault(_first(statement), "this function has another number of values")
        for name, value in zip(names, values, strict=True):
            self.variables[name] = Variable(value, variable.findings)
            self.places[name] = _first(statement)

    def meant(self, findings: Findings) -> ScriptCondition:
        """The condition of the script: of its alert, on a line of its own, or with a name that nothing else reads.

        One that can't be translated counts too. Raises Fault if there is none, or if there are several; why any of
        them can't be translated is then noted in the findings.
        """
        loose = [
            ScriptCondition(self.places[name], variable, name)
            for name, variable in self.variables.items()
            if name not in self.used and not variable.is_function and _may_be_condition(variable.value)
        ]
        for candidates in (self.alerts, self.bare, loose):
            if len(candidates) > 1:
                for each in candidates:
                    findings.add(Findings(each.value.findings.faults))
                raise Fault(
                    candidates[1].place,
                    "a second condition: end the script with alertcondition() of one of them",
                )
            if candidates:
                return candidates[0]
        raise Fault(0, "the script has no condition: end it with one, such as ta.crossover(a, b)")


def _changed(found: Iterable[Statement]) -> Iterator[str]:
    """The variables that are assigned again, or that keep their value from bar to bar."""
    for statement in found:
        assignment = ASSIGNMENT.match(statement.text)
        if assignment and (assignment.group(1) or assignment.group(4) != "="):
            yield assignment.group(3)


def _first(statement: Statement) -> int:
    return statement.begin + len(statement.text) - len(statement.text.lstrip())


def _declared(value: Node, declared: str | None) -> Node:
    """The value of a variable whose type is written before its name."""
    if isinstance(value, Untranslated) and declared and value.kind != "constant":
        return replace(value, kind="condition" if declared == "bool" else "number")
    return as_real(value) if declared == "float" else value


def _may_be_condition(value: Node) -> bool:
    """Also one that can't be translated, unless it can only be a number, a text, a drawing or a constant."""
    if isinstance(value, Untranslated):
        return value.kind in ("", "condition")
    return kind_of_value(_of_bars(value)) == "condition"


def read_script(text: str, findings: Findings) -> tuple[Node, Interval | None]:
    """The condition of a script, and the interval that it names. Raises Fault where it can't be read."""
    found = statements(text)
    version = VERSION.search(text)
    script = _Script(frozenset(_changed(found)), version is None or int(version[1]) < WITHOUT_CUTS)
    for statement in found:
        script.read(statement)
    meant = script.meant(findings)
    findings.add(meant.value.findings)
    if meant.name and meant.value.findings.faults == []:
        findings.differ(f"The script has no alert: {meant.name} is taken as its condition.")
    node = meant.value.value
    if isinstance(node, Untranslated):
        return node, None
    interval = _interval(node)
    return _require_plain(_of_bars(node)), interval


def _interval(node: Node) -> Interval | None:
    """The interval of all values. Raises Fault if they have several."""
    found: dict[Interval | None, int] = {}

    def look(part: Node, interval: Interval | None) -> None:
        if isinstance(part, Series | Call):
            found.setdefault(interval, part.place)
        if not isinstance(part, Call):
            inner = part.interval if isinstance(part, OnInterval) else interval
            for child in part.children:
                look(child, inner)

    look(node, None)
    if len(found) > 1:
        place = next(place for interval, place in found.items() if interval)
        raise Fault(place, "a rule reads bars of one interval: the rest of the condition reads others")
    return next(iter(found), None)


def _of_bars(node: Node) -> Node:
    """The expression without the marks of its interval."""
    inner = node.of if isinstance(node, OnInterval) else node
    return with_children(inner, _of_bars)


def _require_plain(node: Node) -> Node:
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Text | Several):
            raise Fault(part.place, "a condition has numbers and conditions only")
        waiting += part.children
    return node
