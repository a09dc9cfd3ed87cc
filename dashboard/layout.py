"""The page's static layout. The scripts in assets/ write texts and numbers into its elements by their ids."""

from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import dcc, html

from dashboard.chart import chart
from dashboard.presenters.delta import PageContext
from dashboard.presenters.figures import chart_options, chart_series, fan_series, studies
from dashboard.presenters.indicators import figures_of
from dashboard.presenters.notices import banner
from dashboard.presenters.panels import blank_session, part_items
from dashboard.read.read_model import ReadModel

PULSE_MILLISECONDS = 500
THEME = {"primaryColor": "blue", "fontFamily": "var(--font)", "defaultRadius": "sm"}

FIGURES = {
    "per_second": "Messages/s", "lag": "Lag", "late": "Late", "set_aside": "Set aside", "dead_letters": "Dead letters",
}  # fmt: skip
"""Labels of the figures on the right of the status bar, by their names in a delta."""

_RIGHT = {"type": "rightAligned", "cellClass": ["num", "ag-right-aligned-cell"]}
WATCH_COLUMNS = [
    {"field": "state", "headerName": "State", "headerClass": "state-head", "cellRenderer": "State",
     "width": 18, "minWidth": 18, "maxWidth": 18, "cellClass": "state-cell",
     "tooltipValueGetter": {"function": "watchState(params)"}},
    {"field": "symbol", "headerName": "Symbol", "flex": 16, "minWidth": 62, "cellClass": "symbol-cell",
     "cellClassRules": {"long": "params.value.length > 7"},
     "tooltipValueGetter": {"function": "watchName(params)"}},
    {"field": "last", "headerName": "Last", "flex": 8, "minWidth": 98, **_RIGHT,
     "valueFormatter": {"function": "watchPrice(params)"}, "tooltipValueGetter": {"function": "watchFull(params)"},
     "cellClassRules": {"flagged": "params.value !== null && params.value <= 0", "past": "params.data.past !== null"}},
    {"field": "percent", "headerName": "Chg %", "flex": 6, "minWidth": 60, **_RIGHT,
     "valueFormatter": {"function": "watchPercent(params)"},
     "cellClassRules": {"up": "watchTone(params, 'up')", "down": "watchTone(params, 'down')"}},
    {"field": "trend", "headerName": "Trend", "flex": 6, "minWidth": 46, "cellRenderer": "Trend",
     "valueGetter": {"function": "watchTrend(params)"},
     "sortable": False, "cellDataType": False, "headerClass": "trend-head"},
]  # fmt: skip
WATCH_OPTIONS = {
    "theme": {"function": "deskTheme(themeQuartz)"},
    "rowHeight": 32,
    "headerHeight": 30,
    "animateRows": False,
    "suppressColumnVirtualisation": True,
    # On a phone, below the fold, the header would have no cells until the user scrolls there.
    "suppressContentVisibilityAuto": True,
    "tabToNextCell": {"function": "leaveGrid(params)"},
    "tabToNextHeader": {"function": "leaveGrid(params)"},
    "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
    "loading": True,
    "localeText": {"noRowsToShow": "No symbols yet", "loadingOoo": "Loading symbols…"},
}
"""The functions are defined in assets/."""


def page(model: ReadModel, context: PageContext) -> dmc.MantineProvider:
    """The page as first sent. Its numbers arrive with the first delta; labels and placeholders are present from the
    start, so that the layout does not shift."""
    snapshot = model.snapshot
    body = html.Div(
        [
            _header(list(snapshot.reading.symbols)),
            _banner(banner(context.feed, snapshot.reading)),
            html.Div(id="warning", className="warning", role="status", hidden=True),
            _astray(),
            html.Main([_left(), _middle(context), _side(context)], className="desk"),
            _status_bar(part_items(snapshot.reading.parts, snapshot.condition)),
            *_wiring(context),
        ],
        className="page",
    )
    return dmc.MantineProvider(body, id="theme-provider", theme=THEME)


def _banner(text: str | None) -> html.Div:
    """The banner about the data, with the switch to live quotes."""
    button = html.Button("Switch to live quotes", id="switch", className="switch", hidden=True)
    return html.Div(
        [html.Span(text, id="banner-text"), button],
        id="banner",
        className="banner",
        role="region",
        hidden=not text,
        **{"aria-label": "Data notice"},
    )


def _astray() -> html.Div:
    """What the address names and the page can't show."""
    close = html.Button("×", id="astray-close", type="button", className="close", **{"aria-label": "Dismiss"})
    return html.Div(
        [html.Span(id="astray-text"), close], id="astray", className="warning", role="status", hidden=True
    )


def _header(symbols: list[str]) -> html.Header:
    brand = html.H1([html.Span(className="mark", **{"aria-hidden": "true"}), "Tickstream"], className="brand")
    price = html.Div(
        [
            html.Span(id="sign", className="currency"),
            html.Span("–", id="last", className="last"),
            html.Span(id="currency", className="currency"),
            html.Span(id="change"),
            html.Span(id="flag", className="badge", hidden=True),
        ],
        className="headline num",
    )
    return html.Header([brand, _symbol_select(symbols), price, _about(), _clock()], className="top")


def _about() -> html.Div:
    """The symbol's company and the status of its quotes."""
    name = html.Div([html.Strong(id="company"), html.Span(id="market")], className="about-name")
    standing = [html.I(id="state", className="state"), html.Span(id="standing")]
    line = html.Div(standing, id="standing-line", hidden=True)
    return html.Div([name, line], id="about", className="about num")


def _clock() -> html.Div:
    """The exchange's session and time, and the age of the newest quote."""
    badge = html.Span(id="badge", className="badge", hidden=True)
    clock = html.Span(id="clock", className="clock num")
    age = html.Span(id="age", className="badge num", hidden=True, title="Age of the latest quote")
    theme = html.Button(id="theme", type="button", className="theme")
    return html.Div([badge, clock, age, theme], className="head-right")


def _symbol_select(symbols: list[str]) -> dmc.Select:
    return dmc.Select(
        id="symbol",
        data=symbols,
        value=symbols[0] if symbols else None,
        placeholder="Symbol",
        searchable=True,
        selectFirstOptionOnChange=True,
        filter={"function": "matchingSymbols"},
        allowDeselect=False,
        # A listbox must not be empty, so it contains a disabled option. It scrolls itself, also by keyboard.
        nothingFoundMessage=html.Span("No matching symbol", role="option", **{"aria-disabled": "true"}),
        withScrollArea=False,
        comboboxProps={"withinPortal": False},
        size="sm",
        className="symbol-select",
        **{"aria-label": "Symbol"},
    )


def _panel(title: str, name: str, body: Any, *beside: Any) -> html.Section:
    """A titled panel; `name` is its class, and `beside` follows its title. The scripts write into the note on the
    right, whose id is `<name>-note`."""
    note = html.Span(id=f"{name}-note", className="note")
    head = html.Div([html.H2(title, id=f"{name}-title"), *beside, note])
    head.className = "panel-head"
    return html.Section([head, body], className=f"panel {name}", **{"aria-labelledby": f"{name}-title"})


def _left() -> html.Div:
    return html.Div([_watchlist(), _alerts()], className="left")


def _alerts() -> html.Section:
    # The list keeps its role, which its items need; the scrolling box around it has the role log.
    alerts = html.Div(
        html.Ol(id="alerts", className="alerts"),
        className="alert-log fill",
        role="log",
        tabIndex="0",
        **{"aria-label": "Alerts"},
    )
    return _panel("Alerts", "alert-list", alerts, _new_alerts())


def _watchlist() -> html.Section:
    grid = dag.AgGrid(
        id="watchlist",
        rowData=[],
        columnDefs=WATCH_COLUMNS,
        getRowId="params.data.symbol",
        defaultColDef={"resizable": False, "suppressMovable": True, "sortable": True},
        dashGridOptions=WATCH_OPTIONS,
        style={"height": "100%", "width": "100%"},
    )
    progress = html.Div(
        html.I(),
        id="history",
        className="progress",
        role="progressbar",
        hidden=True,
        **{"aria-label": "History"},
    )
    return _panel("Watchlist", "watch", html.Div([progress, grid], className="fill watched"))


def _middle(context: PageContext) -> html.Div:
    """The chart and the summary below it."""
    original = html.Details(
        [html.Summary(id="words-by"), html.P(id="words-origin")], id="words-details", hidden=True
    )
    # A long summary scrolls, also by keyboard, so that the chart keeps its height.
    text = html.Div(
        [html.P(id="words-text"), original, _mood()],
        className="words-body",
        role="group",
        tabIndex="0",
        **{"aria-label": "Summary"},
    )
    return html.Div([chart(context), _panel("Summary", "words", text)], className="middle")


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


def _cells(name: str, labels: list[tuple[str, str]]) -> html.Dl:
    """A panel's labels, each with its tooltip, and dashes as placeholders for the numbers."""
    pairs = [
        html.Div([html.Dt(label, title=title), html.Dd("–")], className="cell") for label, title in labels
    ]
    return html.Dl(pairs, id=name, className="cells num")


def _side(context: PageContext) -> html.Div:
    session = [(label, label) for label, _, _ in blank_session()]
    indicators = [(figure.label, figure.title) for figure in figures_of(context.periods)]
    return html.Div(
        [
            _panel("Session", "session", _cells("session", session)),
            _panel("Indicators", "indicators", _cells("indicators", indicators)),
            _panel("Forecast", "forecast", _forecast()),
        ],
        className="side",
    )


def _new_alerts() -> html.Button:
    """How many alerts are new; a click marks them as seen."""
    return html.Button(id="alerts-new", type="button", hidden=True, title="Mark all as seen")


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


def _status_bar(parts: list[dict[str, Any]]) -> html.Footer:
    figures = [_item(label, "–", "none", **{"data-figure": name}) for name, label in FIGURES.items()]
    return html.Footer(
        [
            html.Div([_item(**part) for part in parts], id="parts", className="parts"),
            html.Div(figures, id="figures", className="parts num"),
        ],
        className="strip",
        **{"aria-label": "System status"},
    )


def _item(label: str, text: str, tone: str, title: str = "", **attributes: str) -> html.Span:
    lamp = html.I(className=f"lamp {tone}")
    value = html.Span(text, className="value")
    return html.Span(
        [lamp, html.Span(label, className="quiet"), value], className="item", title=title, **attributes
    )


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
