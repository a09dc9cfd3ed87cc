"""The shell around every view: the rail of views, the top bar, notices, and what scripts need."""

from typing import Any

from dash import dcc, html

from dashboard.presenters.delta import PageContext
from dashboard.presenters.figures import chart_options, chart_series, fan_series, studies
from dashboard.presenters.notices import banner
from dashboard.presenters.panels import part_items
from dashboard.read.read_model import ReadModel
from dashboard.views.desk import desk
from dashboard.views.parts import button, icon, icon_button

PULSE_MILLISECONDS = 500
FIGURES = {
    "per_second": "Messages/s",
    "lag": "Lag",
    "late": "Late",
    "set_aside": "Set aside",
    "dead_letters": "Dead letters",
}
"""Labels of the figures in the state of the pipeline, by their names in a delta."""
FEEDS = {"simulated": "Simulated", "replay": "Replay"}
"""What the pill of a feed that is not live reads."""
PANES = {"watch": ("Watchlist", "list"), "chart": ("Chart", "candles"), "details": ("Details", "details")}
"""The panes that a phone shows one at a time, with their icons."""


def page(model: ReadModel, context: PageContext) -> html.Div:
    """The page as first sent. Its numbers arrive with the first delta; labels and placeholders are present from the
    start, so that the layout does not shift."""
    snapshot = model.snapshot
    symbols = list(snapshot.reading.symbols)
    return html.Div(
        [
            _rail(),
            _bar(context.feed, banner(context.feed, snapshot.reading) or ""),
            _pipeline(part_items(snapshot.reading.parts, snapshot.condition)),
            html.Div([_banner(), _warning(), _astray()], className="notices"),
            desk(context, symbols[0] if symbols else None),
            _panes(),
            *_wiring(context),
        ],
        id="app",
        className="page",
        **{"data-pane": "chart"},
    )


def _rail() -> html.Nav:
    """The views, and below them what concerns all of them."""
    view = html.A(
        icon("candles"),
        href="/desk",
        className="view",
        title="Desk",
        **{"aria-current": "page", "aria-label": "Desk"},
    )
    theme = button("", "theme", className="icon-button theme")
    keys = button("?", "keys", className="icon-button", title="Keyboard (?)", **{"aria-label": "Keyboard"})
    return html.Nav(
        [html.Div(view, className="views"), theme, keys], className="rail", **{"aria-label": "Views"}
    )


def _bar(feed: str, about_feed: str) -> html.Header:
    brand = html.H1([html.Span(className="mark", **{"aria-hidden": "true"}), "Tickstream"], className="brand")
    find = button(
        [icon("search"), html.Span("Search symbols and commands"), html.Kbd("/")],
        "find",
        className="find",
        **{
            "aria-label": "Search symbols and commands",
            "aria-haspopup": "dialog",
            "aria-keyshortcuts": "/ Control+K",
        },
    )
    return html.Header([brand, find, _feed(feed, about_feed), _clock(), _status()], className="bar")


def _feed(feed: str, about: str) -> html.Div:
    """The pill of data that are not live; what they are is shown while the pointer or the focus is on it."""
    pill = button(FEEDS.get(feed, ""), "feed", className="pill", **{"aria-describedby": "feed-about"})
    explanation = html.Div(about, id="feed-about", role="tooltip")
    return html.Div([pill, explanation], id="feed-box", className="feed", hidden=feed not in FEEDS)


def _clock() -> html.Div:
    """The exchange's session and time, and the age of the newest quote."""
    badge = html.Span(id="badge", className="badge", hidden=True)
    clock = html.Span(id="clock", className="clock num")
    age = html.Span(id="age", className="badge num", hidden=True, title="Age of the latest quote")
    return html.Div([badge, clock, age], className="market")


def _status() -> html.Div:
    """The state of the pipeline in a dot and a word, and the switches of the sides."""
    opener = button(
        [html.I(id="status-lamp", className="lamp"), html.Span("Connecting", id="status-word")],
        "status",
        className="status",
        **{"aria-controls": "pipeline", "aria-expanded": "false"},
    )
    left = icon_button("side-left", "watch-switch", "Watchlist ([)", **{"aria-pressed": "true"})
    right = icon_button("side-right", "details-switch", "Details (])", **{"aria-pressed": "true"})
    return html.Div([opener, left, right], className="switches")


def _pipeline(parts: list[dict[str, Any]]) -> html.Section:
    """The state of each part, and what they count; opened from the top bar."""
    figures = [_item(label, "–", "none", **{"data-figure": name}) for name, label in FIGURES.items()]
    return html.Section(
        [
            html.H2("Pipeline"),
            html.Div([_item(**part) for part in parts], id="parts", className="parts"),
            html.Div(figures, id="figures", className="parts num"),
        ],
        id="pipeline",
        className="popover pipeline",
        hidden=True,
        **{"aria-label": "State of the pipeline"},
    )


def _item(label: str, text: str, tone: str, title: str = "", **attributes: str) -> html.Span:
    lamp = html.I(className=f"lamp {tone}")
    value = html.Span(text, className="value")
    return html.Span(
        [lamp, html.Span(label, className="quiet"), value], className="item", title=title, **attributes
    )


def _banner() -> html.Div:
    """What concerns all data, with the switch to live quotes."""
    switch = button("Switch to live quotes", "switch", className="switch", hidden=True)
    return html.Div(
        [html.Span(id="banner-text"), switch],
        id="banner",
        className="banner",
        role="region",
        hidden=True,
        **{"aria-label": "Data notice"},
    )


def _warning() -> html.Div:
    return html.Div(id="warning", className="warning", role="status", hidden=True)


def _astray() -> html.Div:
    """What the address names and the page can't show."""
    close = icon_button("close", "astray-close", "Dismiss")
    return html.Div(
        [html.Span(id="astray-text"), close], id="astray", className="banner", role="status", hidden=True
    )


def _panes() -> html.Nav:
    """At the foot of a phone: one pane at a time."""
    buttons = [
        html.Button(
            [icon(picture), html.Span(label)],
            type="button",
            **{"data-pane": name, "aria-pressed": str(name == "chart").lower()},
        )
        for name, (label, picture) in PANES.items()
    ]
    return html.Nav(buttons, id="panes", className="panes", **{"aria-label": "Panes"})


def _wiring(context: PageContext) -> list[Any]:
    return [
        dcc.Interval(id="pulse", interval=PULSE_MILLISECONDS),
        dcc.Store(id="ask"),
        dcc.Store(id="delta"),
        dcc.Store(id="look", data=chart_options()),
        dcc.Store(id="series", data=chart_series(context.alerts)),
        dcc.Store(id="fan", data=fan_series()),
        dcc.Store(id="labels", data={study.key: study.label for study in studies(context.periods)}),
    ]
