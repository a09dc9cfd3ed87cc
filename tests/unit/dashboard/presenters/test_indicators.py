"""The catalog of indicators on the page: series, studies, guide lines, colours and the order of figures."""

from analytics.indicators.catalog import COLUMNS, OUTPUTS, STORED
from analytics.indicators.spec import Output
from dashboard.presenters.figures import chart_series, columns, guide_lines, studies
from dashboard.presenters.indicators import OTHER_COLOURS, colours_of, figures_of
from shared.settings.analysis_settings import Alerts, Indicators


def test_every_series_draws_a_column_that_is_sent_and_hangs_on_a_known_study() -> None:
    series = chart_series(Alerts())
    known = {study.key: study.pane for study in studies(Indicators())}
    assert {one["column"] for one in series} <= columns([]).keys()
    assert all(one["study"] is None or known[one["study"]] == one["pane"] for one in series)
    assert len({one["id"] for one in series}) == len(series)


def test_guide_lines_of_the_rsi_are_the_thresholds_of_its_alerts() -> None:
    series = chart_series(Alerts(rsi_overbought=80.0, rsi_oversold=25.0))
    lines = [line["price"] for one in series for line in one.get("priceLines", []) if one["pane"] == "rsi"]
    assert lines == [80.0, 25.0]


def test_guide_lines_of_another_indicator_are_where_the_catalog_has_them() -> None:
    output = Output("percent_r", "number", "percent_r", guides=(-20.0, -80.0))
    assert [line["price"] for line in guide_lines(output, Alerts())] == [-20.0, -80.0]


def test_guide_lines_at_thresholds_name_thresholds_that_exist() -> None:
    names = {level for output in OUTPUTS.values() for level in output.guides if isinstance(level, str)}
    assert names <= Alerts.model_fields.keys()


def test_studies_are_named_by_their_periods() -> None:
    labels = [study.label for study in studies(Indicators(sma_short_period=5, macd_signal=4))]
    assert "SMA 5" in labels
    assert "MACD 12 26 4" in labels


def test_figures_without_a_unit_of_price_come_first_and_all_in_the_order_of_the_catalog() -> None:
    found = [figure.column for figure in figures_of(Indicators())]
    is_first = [OUTPUTS[column].unit in ("number", "share") for column in found]
    assert is_first == sorted(is_first, reverse=True)
    assert found[:2] == ["rsi", "volatility"]
    count = is_first.count(True)
    for part in (found[:count], found[count:]):
        assert part == sorted(part, key=COLUMNS.index)


def test_figures_are_all_outputs_that_the_catalog_marks_as_such() -> None:
    found = [figure.column for figure in figures_of(Indicators())]
    assert sorted(found) == sorted(output.name for output in OUTPUTS.values() if output.is_figure)


def test_tooltips_name_the_values_of_an_open_bar_that_do_not_follow_every_quote() -> None:
    """Report: the middle Bollinger band of the open bar was not the SMA of 20, and nothing said why."""
    note = "While a bar is open, calculated once every 5 quotes"
    titles = {figure.label: figure.title for figure in figures_of(Indicators())}
    assert titles["Upper band"] == f"Upper band. {note}"
    assert titles["Volatility p.a."] == f"Volatility p.a. {note}"
    assert titles["SMA 20"] == "SMA 20"
    notes = {study.label: study.note for study in studies(Indicators())}
    assert (notes["Bollinger 20"], notes["SMA 20"], notes["ATR 14"]) == (note, "", "")
    steady = Indicators.model_validate({"frequencies": {"bollinger": 1}})
    assert {study.label: study.note for study in studies(steady)}["Bollinger 20"] == ""


def test_studies_that_can_be_shown_together_have_different_colours() -> None:
    found = [study.colour for study in studies(Indicators())]
    assert len({*found}) == len(found), "add colours to OTHER_COLOURS for what the catalog has gained"


def test_indicators_that_are_added_have_colours_of_their_own() -> None:
    names = [spec.name for spec in STORED]
    known = colours_of(names)
    room = len(OTHER_COLOURS) - sum(colour in OTHER_COLOURS for colour in known.values())
    added = colours_of([*names, *(f"new_{number}" for number in range(room))])
    assert room > 0
    assert known.items() <= added.items()
    assert len({*added.values()}) == len(added)


def test_lines_of_one_pane_have_different_colours() -> None:
    lines = [one for one in chart_series(Alerts()) if one["type"] == "line" and "bollinger" not in one["id"]]
    shown = [(one["pane"], one["options"]["color"]) for one in lines]
    assert len({*shown}) == len(shown)
