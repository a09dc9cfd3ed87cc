"""What the page and other programs may ask for over HTTP."""

from asyncio import to_thread
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from dashboard.presenters.adjustment import adjusted as adjust
from dashboard.presenters.adjustment import marks
from dashboard.presenters.figures import columns
from dashboard.presenters.outcomes import figure, outcomes
from dashboard.read.read_model import MOST_BARS, ReadModel
from dashboard.read.rows import ActionRow, ChartBar
from shared.errors import TickstreamError
from shared.market.records import Interval

BarCount = Annotated[int, Query(ge=1, le=MOST_BARS)]
Symbol = Annotated[str, Path(pattern=r"^[^\x00-\x1f]+$")]
"""No table holds a NUL."""
EpochSecond = Annotated[int, Query(ge=-(2**36), le=2**36)]


def routes(model: ReadModel) -> APIRouter:
    """The API's routes. To be included before the page's own, which answer every path."""
    router = APIRouter()
    _add_health(router, model)
    _add_history(router, model)
    _add_forecasts(router, model)
    _add_diagnostics(router, model)
    _add_switch(router, model)

    @router.get("/api/{path:path}", include_in_schema=False)
    async def nothing(path: str) -> JSONResponse:
        """Every other path below /api: without this the page itself would answer it."""
        return JSONResponse({"detail": f"/api/{path} does not exist"}, 404)

    return router


def _add_health(router: APIRouter, model: ReadModel) -> None:
    @router.get("/healthz")
    async def health() -> JSONResponse:
        """Whether this server is up, and what it can show; 503 where it has stopped reading."""
        status, code = ("failed", 503) if model.has_failed else ("ok", 200)
        snapshot = model.snapshot
        answer = {"status": status, "condition": snapshot.condition, "sequence": snapshot.sequence}
        return JSONResponse(answer, code)


def _add_history(router: APIRouter, model: ReadModel) -> None:
    @router.get("/api/v1/history/{symbol:path}")
    async def history(
        symbol: Symbol,
        interval: Interval = "1m",
        bars: BarCount = 1000,
        adjusted: bool = False,
        before: EpochSecond | None = None,
        after: EpochSecond | None = None,
    ) -> JSONResponse:
        """The newest closed bars of a symbol as columns, oldest first; times in epoch seconds UTC.

        With `before` the newest of those that start before that time: page by page, each asked for with the first
        `start` of the one before, they are all bars that are stored. `has_older` says whether a further page has any.
        With `after` the oldest of those that start after that time, and `has_newer` in place of `has_older`.
        `adjusted` undoes splits and dividends; `marks` says when they were.
        """
        if before is not None and after is not None:
            return JSONResponse({"detail": "give before or after, not both"}, 422)
        key, name = (symbol, interval), "has_older" if after is None else "has_newer"
        try:
            if after is None:
                found, has_more = await to_thread(model.closed_bars, key, bars, before)
            else:
                found, has_more = await to_thread(model.bars_after, key, bars, after)
        except TickstreamError as reason:
            return JSONResponse({"detail": str(reason)}, 503)
        actions = model.snapshot.reading.actions.get(symbol, ())
        answer = await to_thread(_history, found, actions, adjusted)
        return JSONResponse({"symbol": symbol, "interval": interval, **answer, name: has_more})


def _history(found: list[ChartBar], actions: Sequence[ActionRow], adjusted: bool) -> dict[str, Any]:
    """Bars as columns, adjusted where that is asked for, and the splits and dividends of their symbol."""
    return {"columns": columns(adjust(found, actions) if adjusted else found), "marks": marks(actions)}


def _add_forecasts(router: APIRouter, model: ReadModel) -> None:
    @router.get("/api/v1/forecasts/{symbol:path}")
    async def forecasts(symbol: Symbol, interval: Interval = "1m") -> JSONResponse:
        """The newest closes of a symbol and what was forecast of each one bar before, as columns, oldest first.

        In units of today's share; times in epoch seconds UTC. `low` and `high` bound the interval that shall hold
        the share `level` of closes, as `model` said; `text` says how many it held.
        """
        try:
            rows, level, model_shown = await to_thread(model.past_forecasts, (symbol, interval))
        except TickstreamError as reason:
            return JSONResponse({"detail": str(reason)}, 503)
        found = outcomes(rows, model.snapshot.reading.actions.get(symbol, ()))
        return JSONResponse({"symbol": symbol, "interval": interval, **figure(found, level, model_shown)})


def _add_diagnostics(router: APIRouter, model: ReadModel) -> None:
    @router.get("/api/v1/diagnostics/{symbol:path}")
    async def diagnostics(symbol: Symbol, interval: Interval = "1m") -> JSONResponse:
        """What is known of the models that forecast a symbol's closes: findings by model, searches, trainings and
        records, as `dashboard.read.diagnostics.read_diagnostics` tells; times in epoch seconds UTC."""
        try:
            found = await to_thread(model.diagnostics, (symbol, interval))
        except TickstreamError as reason:
            return JSONResponse({"detail": str(reason)}, 503)
        return JSONResponse({"symbol": symbol, "interval": interval, **found})


def _add_switch(router: APIRouter, model: ReadModel) -> None:
    @router.post("/api/switch")
    async def switch() -> JSONResponse:
        """Ask for the live quotes that are on offer. Only the page itself may: see `dashboard.api.guard`."""
        try:
            is_accepted = await to_thread(model.accept_offer)
        except TickstreamError as reason:
            return JSONResponse({"detail": str(reason)}, 503)
        if not is_accepted:
            return JSONResponse({"detail": "no live quotes are on offer"}, 409)
        return JSONResponse({"detail": "the pipeline switches to live quotes"}, 202)
