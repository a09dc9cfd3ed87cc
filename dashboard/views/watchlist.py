"""The watchlist of the desk. The scripts in assets/ make its rows."""

from dash import html

from dashboard.views.parts import block

COLUMNS = {
    "symbol": ("Symbol", "ascending"),
    "trend": ("Day", None),
    "last": ("Last", "descending"),
    "percent": ("Chg %", "descending"),
    "rsi": ("RSI", "descending"),
}
"""The head of each column by its name, and the order of its first press; None where rows can't be ordered by it."""
HINT = "python -m producer.symbols add SYMBOL"
"""The command that adds a symbol."""
PLACEHOLDERS = 8
"""Rows shown while the symbols are loading."""


def watchlist() -> html.Section:
    """The section with the head of the columns; its body is filled by scripts."""
    heads = [_head(name, label, first) for name, (label, first) in COLUMNS.items()]
    head = html.Div(html.Div(heads, className="watch-row watch-head", role="row"), role="rowgroup")
    body = html.Div(id="watch-rows", className="watch-rows", role="rowgroup")
    grid = html.Div([head, body], id="watchlist", role="grid", **{"aria-label": "Watchlist"})
    rows = [html.Div([html.I(), html.I(), html.I()]) for _ in range(PLACEHOLDERS)]
    loading = html.Div(
        [html.P("Loading symbols…", className="unseen"), *rows], id="watch-loading", className="placeholders"
    )
    none = html.P("No symbols yet", id="watch-none", hidden=True)
    foot = html.P(["Add a symbol: ", html.Code(HINT)], className="watch-foot")
    return _section(html.Div([_progress(), grid, loading, none, foot], className="watched"))


def _section(body: html.Div) -> html.Section:
    section = block("Watchlist", "watch", body)
    section.id = "watch"
    setattr(section, "data-pane", "watch")
    return section


def _head(name: str, label: str, first: str | None) -> html.Div:
    """A head; a press of it orders the rows by its column, first as `first`."""
    if first is None:
        return html.Div(label, role="columnheader", className=f"watch-{name}")
    order = html.Button(label, type="button", **{"data-sort": name, "data-first": first})
    return html.Div(order, role="columnheader", className=f"watch-{name}", **{"aria-sort": "none"})


def _progress() -> html.Div:
    return html.Div(
        html.I(),
        id="history",
        className="progress",
        role="progressbar",
        hidden=True,
        **{"aria-label": "History"},
    )
