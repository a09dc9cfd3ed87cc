"""The chart section of the page: the chart, its toolbar and its ranges. The scripts in assets/ draw the chart."""

import dash_mantine_components as dmc
from dash import html

from dashboard.presenters.delta import PageContext
from dashboard.presenters.figures import studies
from shared.market.records import INTERVALS

RANGES = {
    "1h": "1 hour",
    "3h": "3 hours",
    "1d": "1 day",
    "5d": "5 days",
    "1mo": "1 month",
    "3mo": "3 months",
    "1y": "1 year",
    "all": "All",
}
"""Labels of the ranges by their keys; spelled out, because 1m, 1h and 1d are intervals."""
FIRST_INTERVAL = "1m"


def chart(context: PageContext) -> html.Section:
    """The section with the chart, its controls, and the texts in its place while there is nothing to draw."""
    stage = html.Div(
        [
            html.Div(
                html.Div(id="chart"), className="canvas", role="figure", **{"aria-labelledby": "summary"}
            ),
            html.Div(id="legends", **{"aria-hidden": "true"}),
            _attribution(),
            html.Div([html.P(), html.Div(html.I())], id="empty", className="empty", hidden=True),
            html.Div(id="late", className="late num", role="status", hidden=True),
            html.Div(id="notice", className="notice", role="status", hidden=True),
        ],
        className="stage",
    )
    summary = html.P(id="summary", className="unseen")
    parts = [_toolbar(context), stage, _ranges(), summary]
    return html.Section(parts, className="panel chart", **{"aria-label": "Price chart"})


def _attribution() -> html.A:
    """The link required by the chart library's licence, in the free corner below the price axis."""
    return html.A(
        "TradingView",
        href="https://www.tradingview.com/",
        target="_blank",
        rel="noopener noreferrer",
        className="attribution",
        title="Charts by TradingView Lightweight Charts™. Copyright © 2026 TradingView, Inc.",
    )


def _toolbar(context: PageContext) -> html.Div:
    chips = html.Div(
        _chips(context), className="chips", role="group", **{"aria-label": "Indicators on the chart"}
    )
    return html.Div([_intervals(), _adjusted(), chips, _latest()], className="toolbar")


def _intervals() -> html.Div:
    buttons = [
        html.Button(name, **{"data-interval": name, "aria-pressed": str(name == FIRST_INTERVAL).lower()})
        for name in INTERVALS
    ]
    return html.Div(
        buttons, id="interval", className="segments", role="group", **{"aria-label": "Bar interval"}
    )


def _ranges() -> html.Div:
    """The ranges up to the newest bar. Each range also sets its interval."""
    buttons = [
        html.Button(label, **{"data-range": name, "aria-pressed": "false"}) for name, label in RANGES.items()
    ]
    return html.Div(
        buttons, id="ranges", className="segments", role="group", **{"aria-label": "Visible range"}
    )


def _latest() -> html.Button:
    return html.Button("Latest »", id="latest", className="latest", title="Scroll to the latest bar")


def _adjusted() -> html.Div:
    """The switch to adjusted prices, stored in the browser; shown for symbols with splits or dividends."""
    chip = dmc.Chip(
        "Adjusted",
        id="adjusted",
        checked=False,
        size="xs",
        variant="light",
        persistence=True,
        persistence_type="local",
    )
    title = "Adjust earlier prices for splits and dividends"
    return html.Div(chip, id="adjusting", className="chips adjusting", title=title, hidden=True)


def _chips(context: PageContext) -> dmc.ChipGroup:
    every = studies(context.periods)
    chips = [
        dmc.Chip(
            [
                html.I(className="dot", style={"background": study.colour}),
                html.Span(study.label, title=study.note),
            ],
            value=study.key,
            size="xs",
            variant="light",
        )
        for study in every
    ]
    return dmc.ChipGroup(
        chips,
        id="studies",
        multiple=True,
        value=[study.key for study in every if study.shown],
        persistence=True,
        persistence_type="local",
    )
