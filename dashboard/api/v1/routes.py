"""The HTTP API for the page and other programs."""

from asyncio import to_thread
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request
from fastapi.responses import JSONResponse
from starlette.routing import Match

from analytics.mood.headline_mood import MOST
from analytics.mood.price_action import RETURNS
from dashboard.api.problems import problem_responses
from dashboard.api.v1 import answers
from dashboard.api.v1.tags import TaggedRoute
from dashboard.presenters.adjustment import adjusted as adjust
from dashboard.presenters.adjustment import marks
from dashboard.presenters.alerts import alert_item
from dashboard.presenters.figures import columns
from dashboard.presenters.forecasts.feature_names import with_feature_labels
from dashboard.presenters.forecasts.outcomes import figure, outcomes
from dashboard.presenters.mood import breadth_of, mood
from dashboard.read.follower import MAX_BARS
from dashboard.read.read_model import ReadModel
from dashboard.read.rows import SeriesKey
from dashboard.read.snapshot import zone_of
from shared.market.records import Interval

BarCount = Annotated[int, Query(ge=1, le=MAX_BARS, description="The most entries in the answer.")]
Length = Annotated[Interval, Query(description="The length of the bars.")]
Adjusted = Annotated[bool, Query(description="Adjust prices and volumes for splits and dividends.")]
Symbol = Annotated[
    str, Path(pattern=r"^[^\x00-\x1f]+$", description="As the page shows it, such as AAPL or BTC/USD.")
]
"""PostgreSQL texts can't contain NUL."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
EARLIEST, LATEST = -(2**36), 2**36
Before = Annotated[
    int | None,
    Query(ge=EARLIEST, le=LATEST, description="Bars that start before this time, epoch seconds UTC."),
]
After = Annotated[
    int | None,
    Query(ge=EARLIEST, le=LATEST, description="Bars that start after this time, epoch seconds UTC."),
]


def routes(model: ReadModel, half_life: int) -> APIRouter:
    """The API's routes. Include them before the page's routes, which match every path. The weight of a headline halves
    in `half_life` hours."""
    router = APIRouter(route_class=TaggedRoute, responses=problem_responses(422, 503))
    _add_health(router, model)
    _add_market(router, model)
    _add_switch(router, model)
    router.include_router(_routes_of_symbols(model, half_life))
    _add_nothing(router)
    return router


def _routes_of_symbols(model: ReadModel, half_life: int) -> APIRouter:
    async def known(symbol: Symbol) -> None:
        if not await to_thread(model.knows, symbol):
            raise HTTPException(404, "nothing is stored about this symbol")

    router = APIRouter(
        route_class=TaggedRoute, dependencies=[Depends(known)], responses=problem_responses(404)
    )
    _add_history(router, model)
    _add_own(router, model)
    _add_alerts(router, model)
    _add_mood(router, model, half_life)
    _add_forecasts(router, model)
    _add_diagnostics(router, model)
    return router


def _add_nothing(router: APIRouter) -> None:
    existing = [*router.routes]

    @router.api_route("/api/{path:path}", methods=list(METHODS), include_in_schema=False)
    async def nothing(request: Request) -> None:
        """Any other path below /api, for which Dash would return the page, or another method of one that exists."""
        scopes = {method: {**request.scope, "method": method} for method in METHODS}
        allowed = [
            method
            for method, scope in scopes.items()
            if any(route.matches(scope)[0] is Match.FULL for route in existing)
        ]
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        raise HTTPException(404, "there is nothing at this path")


def _add_health(router: APIRouter, model: ReadModel) -> None:
    @router.get("/healthz", summary="Health of the server", response_model=answers.HealthAnswer)
    async def health() -> JSONResponse:
        """Whether this server runs, and its condition; 503 after the read thread has failed."""
        status, code = ("failed", 503) if model.has_failed else ("ok", 200)
        snapshot = model.snapshot
        answer = {"status": status, "condition": snapshot.condition, "sequence": snapshot.sequence}
        return JSONResponse(answer, code)


def _add_history(router: APIRouter, model: ReadModel) -> None:
    @router.get(
        "/api/v1/history/{symbol:path}",
        summary="Closed bars with indicators",
        response_model=answers.HistoryAnswer,
    )
    async def history(
        symbol: Symbol,
        interval: Length = "1m",
        bars: BarCount = 1000,
        adjusted: Adjusted = False,
        before: Before = None,
        after: After = None,
    ) -> JSONResponse:
        """The newest closed bars of a symbol as columns, oldest first; times in epoch seconds UTC.

        `before` limits the bars to those that start before that time; to read all stored bars, request page after page
        with `before` set to the first `start` of the previous page, while `has_older` is true. `after` returns the
        oldest bars that start after that time, with `has_newer` in place of `has_older`. `adjusted` adjusts prices for
        splits and dividends; `marks` lists these.
        """
        if before is not None and after is not None:
            raise HTTPException(422, "before and after can't be combined")
        answer = await to_thread(_history, model, (symbol, interval), bars, before, after, adjusted)
        return JSONResponse({"symbol": symbol, "interval": interval, **answer})


def _history(
    model: ReadModel, key: SeriesKey, count: int, before: int | None, after: int | None, adjusted: bool
) -> dict[str, Any]:
    """Bars as columns, adjusted on request, and the splits and dividends of their symbol. Raises Unavailable."""
    if after is None:
        found, has_more = model.closed_bars(key, count, before)
    else:
        found, has_more = model.bars_after(key, count, after)
    actions = model.snapshot.reading.actions.get(key[0], ())
    shown = adjust(found, actions) if adjusted else found
    more = "has_older" if after is None else "has_newer"
    return {"columns": columns(shown), "marks": marks(actions), more: has_more}


def _add_own(router: APIRouter, model: ReadModel) -> None:
    @router.get(
        "/api/v1/own/{symbol:path}",
        summary="Values of the user's own indicators",
        response_model=answers.OwnAnswer,
    )
    async def own(
        symbol: Symbol, interval: Length = "1m", bars: BarCount = 1000, before: Before = None
    ) -> JSONResponse:
        """The values of the user's own indicators at the newest closed bars of a symbol as columns, oldest first; times
        in epoch seconds UTC. `before` limits the bars to those that start before that time."""
        found = await to_thread(model.own_indicators, (symbol, interval), bars, before)
        return JSONResponse({"symbol": symbol, "interval": interval, "columns": found})


def _add_alerts(router: APIRouter, model: ReadModel) -> None:
    @router.get("/api/v1/alerts/{symbol:path}", summary="Alerts", response_model=answers.AlertsAnswer)
    async def alerts_of(symbol: Symbol, interval: Length = "1m", count: BarCount = 500) -> JSONResponse:
        """The latest alerts of a symbol and interval, newest first.

        `start` is that of the bar, `time` its end, and `known_at` when the log got the record that caused the alert,
        null if that is not known; all in epoch seconds UTC. `text` has the rule with the values that its condition
        read, and `by` who acknowledged the alert.
        """
        found = await to_thread(model.alerts, (symbol, interval), count)
        zone = zone_of(model.snapshot.reading, symbol)
        items = [alert_item(alert, zone) for alert in found]
        return JSONResponse({"symbol": symbol, "interval": interval, "alerts": items})


def _add_mood(router: APIRouter, model: ReadModel, half_life: int) -> None:
    @router.get("/api/v1/mood/{symbol:path}", summary="Mood of headlines", response_model=answers.MoodAnswer)
    async def mood_now(symbol: Symbol, count: BarCount = 20) -> JSONResponse:
        """The mood of a symbol's headlines, and the headlines themselves, newest first; times in epoch seconds UTC.

        `mood` has the mean score of those of the last day, from -1 to 1, null without any. Beside it, and no part of
        it, is the price action of the last day of trading (`analytics/mood/price_action.py`).
        """
        found = await to_thread(_mood, model, symbol, count, half_life)
        return JSONResponse({"symbol": symbol, **found})


def _mood(model: ReadModel, symbol: str, count: int, half_life: int) -> dict[str, Any]:
    days, _ = model.closed_bars((symbol, "1d"), RETURNS + 2, None)
    shown = adjust(days, model.snapshot.reading.actions.get(symbol, ()))
    headlines, now = model.headlines(symbol, max(count, MOST))
    found = mood(headlines, now, half_life, shown, breadth_of(model.market("1d", 1)["breadth"]))
    return {**found, "headlines": found["headlines"][:count]}


def _add_market(router: APIRouter, model: ReadModel) -> None:
    @router.get(
        "/api/v1/market", summary="Breadth and betas of the market", response_model=answers.MarketAnswer
    )
    async def market(interval: Length = "1d", times: BarCount = 100) -> JSONResponse:
        """The market as a whole, as columns; times in epoch seconds UTC, of days midnight of their date.

        `breadth` has the counts of symbols at the newest `times`, oldest first: `above` of `averaged` symbols closed
        above their long moving average. `betas` has the newest beta of each symbol to the benchmark. Both are empty for
        an interval that is not kept (`MARKET_INTERVALS`).
        """
        found = await to_thread(model.market, interval, times)
        return JSONResponse({"interval": interval, **found})


def _add_forecasts(router: APIRouter, model: ReadModel) -> None:
    @router.get(
        "/api/v1/forecasts/{symbol:path}",
        summary="Past forecasts and closes",
        response_model=answers.ForecastsAnswer,
    )
    async def forecasts(symbol: Symbol, interval: Length = "1m") -> JSONResponse:
        """The newest closes of a symbol with the forecasts made one bar earlier, as columns, oldest first.

        Prices are in units of today's share, times in epoch seconds UTC. `low` and `high` are the bounds of the
        interval of `model` with nominal coverage `level`; `text` reports the actual coverage.
        """
        rows, level, model_shown = await to_thread(model.past_forecasts, (symbol, interval))
        found = outcomes(rows, model.snapshot.reading.actions.get(symbol, ()))
        return JSONResponse({"symbol": symbol, "interval": interval, **figure(found, level, model_shown)})


def _add_diagnostics(router: APIRouter, model: ReadModel) -> None:
    @router.get(
        "/api/v1/diagnostics/{symbol:path}",
        summary="Diagnostics of forecast models",
        response_model=answers.DiagnosticsAnswer,
    )
    async def diagnostics(symbol: Symbol, interval: Length = "1m") -> JSONResponse:
        """Diagnostics of a symbol's forecast models: findings by model, order searches, trainings and scores, as
        described in `dashboard.read.sql.diagnostics.read_diagnostics`; times in epoch seconds UTC."""
        found = await to_thread(model.diagnostics, (symbol, interval))
        trainings = [with_feature_labels(training) for training in found["trainings"]]
        return JSONResponse({"symbol": symbol, "interval": interval, **found, "trainings": trainings})


def _add_switch(router: APIRouter, model: ReadModel) -> None:
    @router.post(
        "/api/v1/switch",
        status_code=202,
        summary="Switch to live quotes",
        response_model=answers.SwitchAnswer,
        responses=problem_responses(403, 409),
    )
    async def switch() -> JSONResponse:
        """Request the switch to the live quotes on offer. Only the page may: see `dashboard.api.guard`."""
        is_accepted = await to_thread(model.accept_offer)
        if not is_accepted:
            raise HTTPException(409, "no live quotes are available")
        return JSONResponse({"detail": "the pipeline is switching to live quotes"}, 202)
