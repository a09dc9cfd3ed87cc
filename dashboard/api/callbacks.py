"""Dash callbacks: the page polls one callback for the changes (delta), and scripts apply them in place.

Nothing is re-rendered: the scripts in assets/ write the delta into the chart, the watchlist and the texts.
"""

from typing import Any

import msgspec
from dash import ClientsideFunction, Dash, Input, Output, State

from dashboard.presenters.delta import DeltaRequest, PageContext, delta
from dashboard.presenters.indicators import bars_needed
from dashboard.read.read_model import ReadModel
from dashboard.text.summary_service import SummaryService


def register(app: Dash, model: ReadModel, context: PageContext, summaries: SummaryService) -> None:
    """Register all callbacks of the page."""
    _register_tick(app, model, context, summaries)
    _register_scripts(app)


def _register_tick(app: Dash, model: ReadModel, context: PageContext, summaries: SummaryService) -> None:
    needed = bars_needed(context.periods)

    @app.callback(Output("delta", "data"), Input("ask", "data"), prevent_initial_call=True)
    async def tick(asked: dict[str, Any]) -> dict[str, Any]:
        """Reads memory only: a blocking call would delay every viewer."""
        request = msgspec.convert(asked, DeltaRequest)
        key = (request.symbol or "", request.interval)
        newer = model.bars_since(key, request.last_start)
        closed = model.newest_bars(key, needed) or ()
        return {**delta(context, model.snapshot, request, newer, closed), "words": summaries.of(key)}


def _register_scripts(app: Dash) -> None:
    def script(name: str, *arguments: Output | Input | State) -> None:
        app.clientside_callback(ClientsideFunction("desk", name), *arguments)

    # The page sends a request only after the last one was answered or is overdue.
    script("ask", Output("ask", "data"), Input("pulse", "n_intervals"), Input("symbol", "value"))
    script("apply", Input("delta", "data"))
    script(
        "begin", Input("look", "data"), State("series", "data"), State("fan", "data"), State("labels", "data")
    )
    script("switch_feed", Input("switch", "n_clicks"))
