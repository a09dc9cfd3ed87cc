"""What the page and other programs may ask for over HTTP."""

from asyncio import to_thread
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from dashboard.figures import columns
from dashboard.read_model import MOST_BARS, ReadModel
from shared.errors import TickstreamError
from shared.market import Interval

BarCount = Annotated[int, Query(ge=1, le=MOST_BARS)]


def routes(model: ReadModel) -> APIRouter:
    """The API's routes. To be included before the page's own, which answer every path."""
    router = APIRouter()

    @router.get("/healthz")
    async def health() -> JSONResponse:
        """Whether this server is up, and what it can show; 503 where it has stopped reading."""
        return _health(model)

    @router.get("/api/v1/history/{symbol:path}")
    async def history(symbol: str, interval: Interval = "1m", bars: BarCount = 1000) -> JSONResponse:
        """The newest closed bars of a symbol as columns, oldest first; times in epoch seconds UTC."""
        try:
            found = await to_thread(model.closed_bars, (symbol, interval), bars)
        except TickstreamError as reason:
            return JSONResponse({"detail": str(reason)}, 503)
        return JSONResponse({"symbol": symbol, "interval": interval, "columns": columns(found)})

    @router.get("/api/{path:path}", include_in_schema=False)
    async def nothing(path: str) -> JSONResponse:
        """Every other path below /api: without this the page itself would answer it."""
        return JSONResponse({"detail": f"/api/{path} does not exist"}, 404)

    return router


def _health(model: ReadModel) -> JSONResponse:
    status, code = ("failed", 503) if model.has_failed else ("ok", 200)
    snapshot = model.snapshot
    answer = {"status": status, "condition": snapshot.condition, "sequence": snapshot.sequence}
    return JSONResponse(answer, code)
