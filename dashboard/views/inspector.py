"""The inspector of the desk: what is known of the symbol on the chart, in tabs."""

from typing import Any

from dash import html

from dashboard.presenters.indicators import IndicatorFigure, figures_of
from dashboard.presenters.panels import blank_session
from dashboard.views.parts import block, button
from shared.settings.analysis_settings import Indicators

TABS = {"overview": "Overview", "forecast": "Forecast", "alerts": "Alerts", "words": "Words"}


def inspector(periods: Indicators) -> html.Aside:
    """The tabs; the first one is open."""
    bodies = {
        "overview": [_session(), _indicators(periods)],
        "forecast": [block("Forecast", "forecast", _forecast())],
        "alerts": [block("Alerts", "alert-list", _alerts(), _new_alerts())],
        "words": [block("Summary", "words", _words())],
    }
    panels = [_panel(name, body) for name, body in bodies.items()]
    return html.Aside(
        [_tabs(), *panels],
        id="details",
        className="details",
        **{"aria-label": "Details", "data-pane": "details"},
    )


def _tabs() -> html.Div:
    tabs = [
        button(
            [label, html.Span(id=f"{name}-count", className="count", hidden=True)],
            f"tab-{name}",
            role="tab",
            tabIndex="0" if name == "overview" else "-1",
            **{
                "data-tab": name,
                "aria-controls": f"panel-{name}",
                "aria-selected": str(name == "overview").lower(),
            },
        )
        for name, label in TABS.items()
    ]
    return html.Div(tabs, className="tabs", role="tablist", **{"aria-label": "Details"})


def _panel(name: str, body: list[Any]) -> html.Div:
    return html.Div(
        body,
        id=f"panel-{name}",
        className="tab-panel",
        role="tabpanel",
        hidden=name != "overview",
        tabIndex="0",
        **{"aria-labelledby": f"tab-{name}"},
    )


def _session() -> html.Section:
    return block("Session", "session", _cells("session", [(label, label) for label, _, _ in blank_session()]))


def _indicators(periods: Indicators) -> html.Section:
    pairs = [
        html.Div([html.Dt([html.Span(figure.label), _beside(figure)], title=figure.title), html.Dd("–")])
        for figure in figures_of(periods)
    ]
    for pair in pairs:
        pair.className = "cell"
    return block("Indicators", "indicators", html.Dl(pairs, id="indicators", className="cells num"))


def _beside(figure: IndicatorFigure) -> html.Span:
    """Between a label and its value: where a number from 0 to 100 lies, or how far the last price is from a level."""
    if figure.unit == "number":
        return html.Span(html.I(), className="meter", hidden=True, **{"aria-hidden": "true"})
    return html.Span(className="away", hidden=True, title="Last price against this level")


def _cells(name: str, labels: list[tuple[str, str]]) -> html.Dl:
    """A block's labels, each with its tooltip, and dashes as placeholders for the numbers."""
    pairs = [
        html.Div([html.Dt(label, title=title), html.Dd("–")], className="cell") for label, title in labels
    ]
    return html.Dl(pairs, id=name, className="cells num")


def _forecast() -> html.Div:
    """The forecast of the next close, its model's accuracy, and the latest forecasts with the actual closes."""
    outcomes = [
        html.Div(id="outcomes-plot", role="img", **{"aria-labelledby": "outcomes-text"}),
        html.P(id="outcomes-text"),
    ]
    return html.Div(
        [
            html.Dl(id="forecast", className="cells num"),
            html.P(id="forecast-accuracy"),
            html.Div(outcomes, id="outcomes", className="outcomes num", hidden=True),
        ]
    )


def _alerts() -> html.Div:
    # The list keeps its role, which its items need; the scrolling box around it has the role log.
    return html.Div(
        html.Ol(id="alerts", className="alerts"),
        className="alert-log",
        role="log",
        tabIndex="0",
        **{"aria-label": "Alerts"},
    )


def _new_alerts() -> html.Button:
    """How many alerts are new; a click marks them as seen."""
    return button(None, "alerts-new", hidden=True, title="Mark all as seen")


def _words() -> html.Div:
    """The summary, and the mood of the headlines."""
    original = html.Details(
        [html.Summary(id="words-by"), html.P(id="words-origin")], id="words-details", hidden=True
    )
    return html.Div([html.P(id="words-text"), original, _mood()], className="words-body")


def _mood() -> html.Details:
    """The mood of the headlines in a line; they open below it."""
    about = "Scores from \u22121 to +1 are made from the words of a title by a lexicon, which may misread it."
    return html.Details(
        [
            html.Summary("Headlines", id="mood-line"),
            html.P(about, id="mood-about", hidden=True),
            html.Ol(id="mood-list"),
        ],
        id="mood",
    )
