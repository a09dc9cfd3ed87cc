"""Errors as problem details (RFC 9457): JSON with the status, and what is wrong in a sentence.

A sentence never has what only the server should know, such as an address of the database: that is in the log.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from shared.errors import TickstreamError

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger(__name__)


class ProblemDetails(BaseModel):
    """An error, as RFC 9457 defines it."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description='Always "about:blank": the status names the kind of error.')
    title: str = Field(description="The name of the status.")
    status: int = Field(description="The status of the answer.")
    detail: str = Field(description="What is wrong, in a sentence for people.")
    instance: str = Field(description="The path of the request.")


class ProblemAnswer(JSONResponse):
    """An answer with a problem."""

    media_type = MEDIA_TYPE

    def __init__(self, status: int, detail: str, path: str, headers: Mapping[str, str] | None = None) -> None:
        found = ProblemDetails(
            type="about:blank",
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            instance=quote(path),
        )
        super().__init__(found.model_dump(), status, headers)


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of these errors, for routes that answer with them."""
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def add_handlers(server: FastAPI) -> None:
    """Answer with a problem where a route raises an error that is no status of HTTP."""

    @server.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> ProblemAnswer:
        faults = dict.fromkeys(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
        return ProblemAnswer(422, "; ".join(faults), request.scope["path"])

    @server.exception_handler(TickstreamError)
    async def unavailable(request: Request, error: TickstreamError) -> ProblemAnswer:
        log.warning("No answer to %s: %s", quote(request.scope["path"]), error)
        return ProblemAnswer(503, "The database can't be used at present; try again.", request.scope["path"])

    @server.exception_handler(Exception)
    async def failed(request: Request, _: Exception) -> ProblemAnswer:
        """The server logs the error with its traceback."""
        return ProblemAnswer(
            500, "The server failed at this request; its log has the reason.", request.scope["path"]
        )
