"""The description of the API: as OpenAPI for programs, and shown by Swagger UI for people.

Swagger UI is downloaded when the page is first opened, and served from the user's cache. Its page obeys the same policy
as every other: all scripts are files of this server.
"""

import logging
from asyncio import Lock, to_thread
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from dashboard.api.libraries import SWAGGER_UI, ensure_library, library_folder, read_package
from dashboard.api.problems import ProblemDetails
from dashboard.api.v1.tags import TaggedRoute
from dashboard.document import ICON
from shared.errors import Unavailable

START = Path(__file__).with_name("reference.js")
VERSION = "1"
ABOUT = """Bars, indicators, alerts, forecasts and headlines of one Tickstream.

Times are in epoch seconds UTC. Prices are as traded, in the currency of the symbol, unless a route states otherwise.
Errors are problem details (RFC 9457). Each answer has an `ETag`: a request with it in `If-None-Match` is answered with
304 and no body as long as nothing has changed."""
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>API · Tickstream</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/assets/{icon}" type="image/svg+xml">
<link rel="stylesheet" href="/vendor/{library}.css"></head>
<body><main id="reference"></main>
<script src="/vendor/{library}.js"></script>
<script src="/api/v1/docs.js"></script></body>
</html>"""
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
log = logging.getLogger(__name__)


def routes() -> APIRouter:
    """The routes of the description, which it does not contain itself."""
    router = APIRouter(route_class=TaggedRoute, include_in_schema=False)

    @router.get("/api/v1/openapi.json")
    async def description(request: Request) -> JSONResponse:
        return JSONResponse(await to_thread(described, request.app))

    page = APIRouter(include_in_schema=False)
    _add_page(page)
    router.include_router(page)
    return router


@lru_cache(1)
def described(server: FastAPI) -> dict[str, Any]:
    """The description of the routes of a server."""
    found = get_openapi(title="Tickstream", version=VERSION, description=ABOUT, routes=server.routes)
    found["components"]["schemas"]["ProblemDetails"] = ProblemDetails.model_json_schema()
    return found


def _add_page(router: APIRouter) -> None:
    package, only_one = read_package(SWAGGER_UI), Lock()
    folder, library = library_folder(package), f"{package.name}-{package.version}"

    @router.get("/api/v1/docs")
    async def page() -> HTMLResponse:
        try:
            async with only_one:
                await to_thread(ensure_library, package, folder)
        except Unavailable as reason:
            log.warning("The page about the API can't be shown: %s", reason)
            raise HTTPException(
                503, "Swagger UI can't be downloaded at present; the log has the reason"
            ) from None
        return HTMLResponse(PAGE.format(icon=ICON, library=library))

    def add(path: str, file: Path, headers: dict[str, str]) -> None:
        @router.get(path)
        async def part() -> FileResponse:
            if not file.is_file():
                raise HTTPException(404)
            return FileResponse(file, headers=headers)

    add("/api/v1/docs.js", START, {"Cache-Control": "no-cache"})
    for kind in (".js", ".css"):
        add(f"/vendor/{library}{kind}", folder / f"{library}{kind}", FOREVER)
