"""The chart section of the page: the chart, its toolbar and its ranges. The scripts in assets/ draw the chart."""

from dash import html

from dashboard.presenters.delta import PageContext
from dashboard.presenters.figures import studies
from dashboard.views.parts import button, icon
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
    # Arrow keys move a cursor on it, so it can have the focus.
    canvas = html.Div(
        html.Div(id="chart"),
        className="canvas",
        role="figure",
        tabIndex="0",
        **{"aria-labelledby": "summary"},
    )
    stage = html.Div(
        [
            canvas,
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
    return html.Section(parts, className="chart", **{"aria-label": "Price chart"})


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
    return html.Div([_intervals(), _menu(), _studies(context), _adjusted(), _latest()], className="toolbar")


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
    return button("Latest »", "latest", className="tool latest", title="Scroll to the latest bar")


def _adjusted() -> html.Button:
    """The switch to adjusted prices, stored in the browser; shown for symbols with splits or dividends."""
    title = "Adjust earlier prices for splits and dividends"
    return button(
        "Adjusted", "adjusted", className="tool", title=title, hidden=True, **{"aria-pressed": "false"}
    )


def _menu() -> html.Button:
    """Opens the list of studies; scripts write their number into it."""
    return button(
        [icon("studies"), "Indicators", html.Span(id="studies-count", className="count")],
        "studies-open",
        className="tool",
        **{"aria-controls": "studies", "aria-expanded": "false"},
    )


def _studies(context: PageContext) -> html.Div:
    """What can be shown beside the price, each with its colour."""
    buttons = [
        html.Button(
            [html.I(className="dot", style={"background": f"var({study.colour})"}), study.label],
            type="button",
            title=study.note,
            **{"data-study": study.key, "aria-pressed": str(study.shown).lower()},
        )
        for study in studies(context.periods)
    ]
    return html.Div(
        buttons,
        id="studies",
        className="popover study-menu",
        role="group",
        hidden=True,
        **{"aria-label": "Indicators on the chart"},
    )
