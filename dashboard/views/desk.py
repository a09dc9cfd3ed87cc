"""The view Desk: watchlist, symbol with its chart, and details."""

from dash import html

from dashboard.presenters.delta import PageContext
from dashboard.views.chart import chart
from dashboard.views.inspector import inspector
from dashboard.views.watchlist import watchlist


def desk(context: PageContext, symbol: str | None) -> html.Main:
    """The view; `symbol` is the first one of the watchlist."""
    middle = html.Div([_quote(symbol), chart(context)], className="middle", **{"data-pane": "chart"})
    return html.Main([watchlist(), middle, inspector(context.periods)], className="desk")


def _quote(symbol: str | None) -> html.Section:
    """The symbol, its company and the status of its quotes; its price, and where that lies in the day and the year."""
    ticker = html.Data(symbol, id="symbol", value=symbol, className="ticker")
    name = html.Div([html.Span(id="company"), html.Span(id="market")], id="about", className="about")
    standing = html.Div(
        [html.I(id="state", className="state"), html.Span(id="standing")], id="standing-line", hidden=True
    )
    return html.Section(
        [
            html.Div([html.Div([html.H2(ticker), standing], className="named"), name], className="who"),
            _price(),
            _sides(),
            html.Div([_extent("day", "Day"), _extent("year", "52 weeks")], className="extents num"),
        ],
        className="quote",
        **{"aria-label": "Symbol"},
    )


def _price() -> html.Div:
    price = [
        html.Span(id="sign", className="currency"),
        html.Span("–", id="last", className="last"),
        html.Span(id="currency", className="currency"),
    ]
    change = [
        html.Span(id="change", className="change"),
        html.Span(id="flag", className="badge", hidden=True),
    ]
    return html.Div(
        [html.Div(price, className="price-line"), html.Div(change, className="change-line")],
        className="headline num",
    )


def _sides() -> html.Dl:
    """Bid and ask."""
    pairs = [
        html.Div([html.Dt(label), html.Dd("–", id=f"quote-{label.lower()}")]) for label in ("Bid", "Ask")
    ]
    return html.Dl(pairs, className="sides num")


def _extent(name: str, label: str) -> html.Div:
    """A range of prices, and where the last one lies in it."""
    bar = html.Span(html.I(id=f"{name}-mark"), className="extent", **{"aria-hidden": "true"})
    return html.Div(
        [
            html.Span(label, className="quiet"),
            html.Span("–", id=f"{name}-low"),
            bar,
            html.Span("–", id=f"{name}-high"),
        ],
        id=name,
        className="extent-line",
    )
