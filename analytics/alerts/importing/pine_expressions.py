"""Builds the expressions of a script in Pine. Pure."""

from collections.abc import Callable, Mapping

from lark import Token, v_args

from analytics.alerts.importing.pine_forms import (
    FUNCTIONS,
    SOURCES,
    TUPLES,
    WITHOUT_COUNTERPART,
    full_name,
    kind_of_name,
)
from analytics.alerts.importing.pine_nodes import (
    Keyword,
    OnInterval,
    Real,
    Several,
    Text,
    Variable,
    as_real,
    is_whole,
    kind_of_value,
)
from analytics.alerts.importing.translation import ExpressionBuilder, Findings, Form, Untranslated
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.rule_error import Fault, suggestion
from analytics.alerts.language.syntax import Call, Node, Number, Series
from shared.market.records import Interval

INTERVALS: dict[str, Interval] = {"1": "1m", "5": "5m", "15": "15m", "60": "1h", "D": "1d", "1D": "1d"}
"""The time frames of request.security that a rule can have."""
OWN_SYMBOL = ("syminfo.tickerid", "syminfo.ticker", "tickerid")
TYPICAL = Form("", "(high + low + close) / 3").node("hlc3", 0, (), {})
FLAT_RANGE = "Where all prices of its window are equal, a stochastic value is 50, and na in a script."
INPUTS = "The inputs of the script have their default values."
OTHER_BARS = (
    "A script reads {0} at each bar of its chart, also while the bar of {0} is open; the rule is evaluated at closed"
    " bars of {0}, and [1] is the bar of {0} before."
)


@v_args(inline=True)
class PineBuilder(ExpressionBuilder):
    """Builds the expression of a statement; it may read `variables`; `used` are those it does. `cuts_quotients`: a
    quotient of whole constants is cut off, as before version 6."""

    def __init__(
        self, findings: Findings, begin: int, variables: Mapping[str, Variable], cuts_quotients: bool
    ) -> None:
        super().__init__(findings, begin)
        self._variables, self._cuts_quotients = variables, cuts_quotients
        self.used: set[str] = set()

    def start(self, _: Token | None, value: Node) -> Node:
        return value

    def ternary(self, condition: Node, one: Node, other: Node) -> Node:
        why = "a choice by ? and : has no counterpart: a rule joins conditions by and, or, not"
        is_number = {kind_of_value(one), kind_of_value(other)} == {"number"}
        return self.findings.refuse(Fault(condition.place, why), "number" if is_number else "")

    def comparison(self, left: Node, relation: Token, right: Node) -> Node:
        return self._compared(left, relation, right)

    def product(self, left: Node, sign: Token, right: Node) -> Node:
        if sign == "%":
            return self.findings.refuse(
                Fault(self._place(sign), "a rule has no remainder of a division"), "number"
            )
        if sign == "/" and self._cuts_quotients and is_whole(left) and is_whole(right):
            why = "a quotient of whole numbers is cut off before version 6: write it as one number"
            return self.findings.refuse(Fault(left.place, why), "number")
        return self.arithmetic(left, sign, right)

    def positive(self, _: Token, value: Node) -> Node:
        return value

    def number(self, number: Token) -> Node:
        if number.isdigit():
            return Number(float(number), str(number), place=self._place(number))
        return Real(float(number), repr(float(number)).removesuffix(".0"), place=self._place(number))

    def text(self, text: Token) -> Node:
        return Text(text.strip("\"'"), place=self._place(text))

    def listed(self, *_: Node | None) -> Node:
        return Text("", place=self.begin)

    def keyword(self, name: Token, value: Node) -> Node:
        return Keyword(str(name), value, place=self._place(name))

    def before(self, of: Node, bars: Node) -> Node:
        if isinstance(bars, Number) and bars.text.isdigit():
            return self._refusing(lambda: self._past(of, int(bars.value)), kind_of_value(of))
        why = "a whole number of bars that does not change is expected"
        return self.findings.refuse(Fault(bars.place, why), kind_of_value(of))

    def named(self, name: Token) -> Node:
        return self._refusing(lambda: self._named(str(name), self._place(name)), kind_of_name(str(name)))

    def _named(self, written: str, place: int) -> Node:
        if written in self._variables:
            return self._variable(written)
        name = written if written in SOURCES else f"ta.{written}"
        if form := SOURCES.get(name):
            self._differ(form)
            return form.node(written, place, (), {})
        if written in OWN_SYMBOL or written == "timeframe.period":
            return Text(written, place=place)
        raise self._unknown(written, place, "there is no variable")

    def _variable(self, name: str) -> Node:
        variable = self._variables[name]
        self.used.add(name)
        self.findings.add(variable.findings)
        return variable.value

    def called(self, name: Token, *given: Node | None) -> Node:
        arguments = [each for each in given if each is not None]
        full = full_name(str(name))
        kind = kind_of_name(full)
        if full == "request.security":
            kind = next((kind_of_value(each) for each in arguments[2:3]), "")
        return self._refusing(lambda: self._called(full, str(name), self._place(name), arguments, kind), kind)

    def _called(self, name: str, written: str, place: int, arguments: list[Node], kind: str) -> Node:
        named = {each.name: each.value for each in arguments if isinstance(each, Keyword)}
        given = [each for each in arguments if not isinstance(each, Keyword)]
        if written in self._variables and self._variables[written].is_function:
            return self._variable(written)
        if name == "input" or name.startswith("input."):
            return self._input(name, place, given, named)
        if any(isinstance(each, Untranslated) for each in (*given, *named.values())):
            return Untranslated(kind, place=place)
        if special := SPECIAL.get(name):
            return special(self, place, given, named)
        if name in TUPLES:
            parameters, templates = TUPLES[name]
            forms = [Form(parameters, template) for template in templates]
            return Several(tuple(form.node(written, place, given, named) for form in forms), place=place)
        if form := FUNCTIONS.get(name):
            return form.node(written, place, given, named)
        raise self._unknown(written, place, "there is no function")

    def _input(self, name: str, place: int, given: list[Node], named: Mapping[str, Node]) -> Node:
        value = given[0] if given else named.get("defval")
        if value is None:
            raise Fault(place, "an input without a default value can't be read")
        self.findings.differ(INPUTS)
        return as_real(value) if name == "input.float" else value

    def _alert_condition(self, place: int, given: list[Node], named: Mapping[str, Node]) -> Node:
        condition = given[0] if given else named.get("condition")
        if condition is None:
            raise Fault(place, "alertcondition() has no condition")
        return condition

    def _average(self, place: int, given: list[Node], named: Mapping[str, Node]) -> Node:
        """A simple average; that of a stochastic value is the stochastic value with one smoothing more."""
        match given:
            case [Call("stochastic", (period, Number(text="1"), _), "k"), Number() as bars]:
                return Call("stochastic", (period, bars, _three(place)), "k", place=place)
            case [Call("stochastic", (period, smoothing, _), "k"), Number() as bars]:
                return Call("stochastic", (period, smoothing, bars), "d", place=place)
        return FUNCTIONS["ta.sma"].node("ta.sma", place, given, named)

    def _extreme(
        self, name: str, series: str, place: int, given: list[Node], named: Mapping[str, Node]
    ) -> Node:
        if len(given) == 1 and not named:
            given = [Series(series, place=place), *given]
        return FUNCTIONS[name].node(name, place, given, named)

    def _stochastic(self, place: int, given: list[Node], named: Mapping[str, Node]) -> Node:
        form = Form(
            "series source, series high, series low, number length",
            "stochastic({length}, 1, 3).k",
            FLAT_RANGE,
        )
        found = form.node("ta.stoch", place, given, named)
        inputs = [*given[:3], *(named[each] for each in ("source", "high", "low") if each in named)]
        if [each.name for each in inputs if isinstance(each, Series)] != ["close", "high", "low"]:
            raise Fault(place, "only ta.stoch(close, high, low, length) has a counterpart")
        self._differ(form)
        return found

    def _channel_index(self, place: int, given: list[Node], named: Mapping[str, Node]) -> Node:
        if not given or expression_text(given[0]) != expression_text(TYPICAL):
            raise Fault(place, "a rule calculates cci of hlc3 only")
        return Form("value source, number length", "cci({length})").node("ta.cci", place, given, named)

    def _directions(self, place: int, given: list[Node], named: Mapping[str, Node]) -> Node:
        parameters = "number diLength, number adxSmoothing"
        parts = [
            Form(parameters, f"adx({{diLength}}){part}").node("ta.dmi", place, given, named)
            for part in (".plus_di", ".minus_di", "")
        ]
        numbers = {each.value for each in (*given, *named.values()) if isinstance(each, Number)}
        if len(numbers) > 1:
            raise Fault(place, "adx() has one period: both of ta.dmi must be equal")
        return Several(tuple(parts), place=place)

    def _stop(self, place: int, given: list[Node], named: Mapping[str, Node]) -> Node:
        numbers = [each.value for each in (*given, *named.values()) if isinstance(each, Number)]
        if numbers != [0.02, 0.02, 0.2]:
            raise Fault(place, "parabolic_sar() has the steps of ta.sar(0.02, 0.02, 0.2) only")
        return Form("", "parabolic_sar()").node("ta.sar", place, (), {})

    def _security(self, place: int, given: list[Node], named: Mapping[str, Node]) -> Node:
        match [*given, *(named[each] for each in ("symbol", "timeframe", "expression") if each in named)]:
            case [Text(text=symbol), Text(text=timeframe), expression, *_]:
                return self._elsewhere(place, symbol, timeframe, expression)
        raise Fault(place, 'request.security(syminfo.tickerid, "60", …) is expected')

    def _elsewhere(self, place: int, symbol: str, timeframe: str, expression: Node) -> Node:
        if symbol not in OWN_SYMBOL:
            raise Fault(
                place, f"another symbol is written in the rule, such as SPY.close, and not imported: {symbol}"
            )
        if timeframe in ("", "timeframe.period"):
            return expression
        if timeframe not in INTERVALS:
            raise Fault(
                place, f"the time frame {timeframe} has no interval here: 1, 5, 15, 60 and D have one"
            )
        interval = INTERVALS[timeframe]
        self.findings.differ(OTHER_BARS.format(interval))
        if isinstance(expression, Several):
            values = tuple(OnInterval(each, interval, place=place) for each in expression.values)
            return Several(values, place=place)
        return OnInterval(expression, interval, place=place)

    def _differ(self, form: Form) -> None:
        if form.differs:
            self.findings.differ(form.differs)

    def _unknown(self, written: str, place: int, sentence: str) -> Fault:
        name = full_name(written)
        if name in WITHOUT_COUNTERPART:
            return Fault(place, f"{written} has no counterpart in rules: {WITHOUT_COUNTERPART[name]}")
        if "." in written and not written.startswith(("ta.", "math.")):
            return Fault(place, f"{written} has no counterpart in rules")
        return Fault(
            place, f"{sentence} {written} that has a counterpart{suggestion(name, (*SOURCES, *FUNCTIONS))}"
        )

    def _refusing(self, made: Callable[[], Node], kind: str) -> Node:
        try:
            return made()
        except Fault as fault:
            return self.findings.refuse(fault, kind)


def _three(place: int) -> Number:
    return Number(3.0, "3", place=place)


Special = Callable[[PineBuilder, int, list[Node], Mapping[str, Node]], Node]
SPECIAL: dict[str, Special] = {
    "alertcondition": PineBuilder._alert_condition,
    "ta.sma": PineBuilder._average,
    "ta.highest": lambda builder, *rest: builder._extreme("ta.highest", "high", *rest),
    "ta.lowest": lambda builder, *rest: builder._extreme("ta.lowest", "low", *rest),
    "ta.stoch": PineBuilder._stochastic,
    "ta.cci": PineBuilder._channel_index,
    "ta.dmi": PineBuilder._directions,
    "ta.sar": PineBuilder._stop,
    "request.security": PineBuilder._security,
}
