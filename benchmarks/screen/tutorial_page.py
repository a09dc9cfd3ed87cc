"""The baseline: the page of the usual Dash tutorial on the same tables.

    python -m benchmarks.screen.tutorial_page

Once a second a callback reads the bars of the chosen symbol with pandas and returns the whole figure.
"""

import os
import signal
import sys

import pandas as pd
import plotly.graph_objects as go
from dash import Dash, Input, Output, dcc, html
from plotly.subplots import make_subplots

from shared.postgres.database import connect, transaction
from shared.runtime.lifecycle import servers
from shared.settings.config import load

UPDATE_MILLISECONDS = 1000
BARS = 600
COLUMNS = ("start", "open", "high", "low", "close", "volume", "rsi")
READ = """
    (select b.start, open, high, low, close, volume, rsi from bars b join indicators using (symbol, interval, start)
        where symbol = %(symbol)s and interval = '1m' order by b.start desc limit %(bars)s)
    union all
    (select start, open, high, low, close, volume, rsi from open_bars
        where symbol = %(symbol)s and interval = '1m') order by 1
"""


def read_bars(dsn: str, symbol: str) -> pd.DataFrame:
    """The newest bars of a symbol, by a connection of its own."""
    connection = connect(dsn, "tutorial")
    try:
        with transaction(connection) as cursor:
            cursor.execute(READ, {"symbol": symbol, "bars": BARS})
            return pd.DataFrame(cursor.fetchall(), columns=list(COLUMNS))
    finally:
        connection.close()


def figure(bars: pd.DataFrame, symbol: str) -> go.Figure:
    """Candles, volume and RSI below one another."""
    made = make_subplots(rows=3, shared_xaxes=True, row_heights=[0.6, 0.2, 0.2])
    prices = {name: bars[name].tolist() for name in ("open", "high", "low", "close")}
    times = bars["start"].tolist()
    made.add_trace(go.Candlestick(x=times, name=symbol, **prices), row=1, col=1)
    made.add_trace(go.Bar(x=times, y=bars["volume"], name="Volume"), row=2, col=1)
    made.add_trace(go.Scatter(x=times, y=bars["rsi"], name="RSI"), row=3, col=1)
    made.update_layout(title=symbol, xaxis_rangeslider_visible=False, height=850)
    return made


def page(dsn: str, symbols: list[str]) -> Dash:
    """The page: a dropdown, a graph and an interval."""
    app = Dash("tutorial")
    app.layout = html.Div(
        [
            dcc.Dropdown(symbols, symbols[0], id="symbol"),
            dcc.Graph(id="graph"),
            dcc.Interval(id="interval", interval=UPDATE_MILLISECONDS),
        ]
    )

    def update(_: int, symbol: str) -> go.Figure:
        return figure(read_bars(dsn, symbol), symbol)

    app.callback(Output("graph", "figure"), Input("interval", "n_intervals"), Input("symbol", "value"))(
        update
    )
    return app


def main() -> None:
    """Serve it at DASHBOARD_PORT until the process is asked to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with servers(load(), kafka=False) as config:
        dsn = config.postgres.dsn_for(config.database())
        connection = connect(dsn, "tutorial")
        with transaction(connection) as cursor:
            cursor.execute("select symbol from symbols order by symbol")
            symbols = [symbol for (symbol,) in cursor.fetchall()]
        connection.close()
        page(dsn, symbols).run(port=int(os.environ["DASHBOARD_PORT"]), debug=False)


if __name__ == "__main__":
    main()
