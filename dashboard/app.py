"""Builds the dashboard: the page, its callbacks and the API in one FastAPI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from dash import Dash
from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from dashboard.api import callbacks, guard, pages, problems, ticks
from dashboard.api.libraries import CHART_LIBRARY, ensure_library, library_folder, read_package
from dashboard.api.v1 import reference
from dashboard.api.v1 import routes as v1
from dashboard.document import ASSETS, NOT_WITH_THE_REST, document
from dashboard.presenters.delta import PageContext
from dashboard.read.read_model import ReadModel
from dashboard.text.summary_service import SummaryService
from dashboard.views.shell import page

if TYPE_CHECKING:
    from dashboard.text.rewording import Rewording

NAMES = guard.Names()


def build(
    model: ReadModel, context: PageContext, rewording: "Rewording | None" = None, names: guard.Names = NAMES
) -> ASGIApp:
    """The dashboard as an ASGI application that accepts requests to `names`. It starts and stops the read model and
    `rewording`, which rewords summaries if given. Raises Unavailable if the chart library can't be downloaded."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        model.start()
        if rewording is not None:
            rewording.start()
        yield
        if rewording is not None:
            rewording.stop()
        model.stop()

    # FastAPI's own pages about the API load scripts from other servers.
    server = FastAPI(lifespan=lifespan, openapi_url=None)
    for router in (reference.routes(), v1.routes(model, context.half_life), ticks.routes(model, context)):
        server.include_router(router)
    app = _page_of(server, _chart_library(server), f"{context.feed}: {context.place}")
    # No callback uses Dash's WebSocket; without this every open page would hold one.
    app.backend.websocket_capability = False
    app.layout = partial(page, model, context)
    pages.add_views(server)
    problems.add_handlers(server)
    callbacks.register(app, model, context, SummaryService(model, context, rewording))
    server.add_middleware(GZipMiddleware, minimum_size=800, compresslevel=5)
    # Outermost, because the server's own error responses bypass its middleware.
    return guard.Guard(server, names, guard.headers(app.csp_hashes()))


def _chart_library(server: FastAPI) -> str:
    """Serve the chart library and return the path of its script."""
    package = read_package(CHART_LIBRARY)
    folder = library_folder(package)
    ensure_library(package, folder)
    path = f"/vendor/{package.script}"

    @server.get(path, include_in_schema=False)
    async def script() -> FileResponse:
        """Cacheable forever: another version has another name."""
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return FileResponse(folder / package.script, media_type="text/javascript", headers=headers)

    return path


def _page_of(server: FastAPI, chart_library: str, market: str) -> Dash:
    return Dash(
        "tickstream",
        server=server,
        assets_folder=str(ASSETS),
        assets_ignore=NOT_WITH_THE_REST,
        serve_locally=True,
        external_scripts=[chart_library],
        title="Tickstream",
        update_title=None,
        index_string=document(market),
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
