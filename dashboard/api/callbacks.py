"""How a tick reaches the page: the page asks, one callback answers with what is new, scripts apply it in place.

Nothing is rendered anew: the scripts in assets/ write the delta into the chart, the watchlist and the texts.
"""

from typing import Any

import msgspec
from dash import ClientsideFunction, Dash, Input, Output, State

from dashboard.presenters.delta import Ask, Scene, delta
from dashboard.read.read_model import ReadModel
from dashboard.text.summary_service import Words


def register(app: Dash, model: ReadModel, scene: Scene, words: Words) -> None:
    """Add every callback of the page."""
    _register_tick(app, model, scene, words)
    _register_scripts(app)


def _register_tick(app: Dash, model: ReadModel, scene: Scene, words: Words) -> None:
    @app.callback(Output("delta", "data"), Input("ask", "data"), prevent_initial_call=True)
    async def tick(asked: dict[str, Any]) -> dict[str, Any]:
        """Only memory is read here: a blocking call would hold up every viewer."""
        ask = msgspec.convert(asked, Ask)
        key = (ask.symbol or "", ask.interval)
        newer = model.bars_since(key, ask.last_start)
        return {**delta(scene, model.snapshot, ask, newer), "words": words.of(key)}


def _register_scripts(app: Dash) -> None:
    def script(name: str, *arguments: Output | Input | State) -> None:
        app.clientside_callback(ClientsideFunction("desk", name), *arguments)

    # The page asks again only when its last question was answered, or is overdue.
    symbol, adjusted = Input("symbol", "value"), Input("adjusted", "checked")
    script("ask", Output("ask", "data"), Input("pulse", "n_intervals"), symbol, adjusted)
    script("apply", Input("delta", "data"))
    script(
        "begin", Input("look", "data"), State("series", "data"), State("fan", "data"), State("labels", "data")
    )
    script("show", Input("studies", "value"))
    script("pick", Output("symbol", "value"), Input("watchlist", "selectedRows"))
    script("switch_feed", Input("switch", "n_clicks"))
