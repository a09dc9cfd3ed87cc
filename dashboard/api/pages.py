"""The addresses of the page's views, and the page for any other address."""

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.api.problems import ProblemAnswer
from dashboard.document import ASSETS, NOT_FOUND, OFFLINE

VIEWS = frozenset({"/desk"})
"""The address of each view; "/" shows the first one. What a view shows is named in the query, which scripts read."""


class ViewAddresses:
    """Middleware that answers the address of a view with the page, which Dash serves at "/"."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in VIEWS:
            scope = {**scope, "path": "/", "raw_path": b"/"}
        await self._app(scope, receive, send)


def add_views(server: FastAPI) -> None:
    """Serve the views, and the page NOT_FOUND with status 404 to a browser that asks for anything else. To be called
    after all other routes were added, and before Dash adds its own for every path when the server starts."""
    server.add_middleware(ViewAddresses)

    @server.get("/offline", include_in_schema=False)
    async def offline() -> HTMLResponse:
        return HTMLResponse(OFFLINE)

    @server.get("/worker.js", include_in_schema=False)
    async def worker() -> FileResponse:
        """At the top, because a worker serves only what lies below its own address."""
        headers = {"Cache-Control": "no-cache"}
        return FileResponse(ASSETS / "worker.js", media_type="text/javascript", headers=headers)

    @server.get("/{path:path}", include_in_schema=False)
    async def nothing_else() -> None:
        raise StarletteHTTPException(404)

    @server.exception_handler(StarletteHTTPException)
    async def failed(request: Request, error: StarletteHTTPException) -> Response:
        path, is_for_a_person = request.scope["path"], "text/html" in request.headers.get("accept", "")
        if error.status_code == 404 and is_for_a_person and not path.startswith("/api/"):
            return HTMLResponse(NOT_FOUND, 404)
        return ProblemAnswer(error.status_code, error.detail, path, error.headers)
