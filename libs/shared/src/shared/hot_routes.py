"""Hot routes: a short way to the few operations that are asked all the time.

FastAPI finds a route and resolves its parameters for about what the statement of such an operation costs. A hot route
takes a request that is in plain order, and calls the same function that FastAPI would call. Everything else goes
FastAPI's way, which documents the operation and words its refusals: a hot route refuses nothing by itself.
"""

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 64 * 1024
ROW_ID = re.compile(r"[1-9][0-9]{0,17}")
"""An id in plain order: all that are given out, and none that a column could not hold."""

M = TypeVar("M", bound=BaseModel)
Answer = Callable[..., Awaitable[Response | None]]
"""`async def answer(request, **path_parameters)`: None, before anything was done, when FastAPI is to answer."""


@dataclass(frozen=True)
class HotRoute:
    """`answer` calls `endpoint`, a route of `router`, for requests in plain order."""

    router: APIRouter
    endpoint: Callable[..., Any]
    answer: Answer

    @property
    def routes(self) -> list[APIRoute]:
        return [each for each in self.router.routes if isinstance(each, APIRoute) and each.endpoint is self.endpoint]


def install(app: FastAPI, hot: Sequence[HotRoute]) -> None:
    """Let `app` look here first. Inside of its error handling, so that what is raised is answered as ever."""
    if hot:
        app.router.middleware_stack = _Hot(app.router.middleware_stack, hot)


class _Hot:
    def __init__(self, app: ASGIApp, hot: Sequence[HotRoute]) -> None:
        self._app = app
        self._routes = [
            (route.methods or (), route.path_regex, route, each.answer) for each in hot for route in each.routes
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for methods, path, route, answer in self._routes:
                if scope["method"] in methods and (found := path.match(scope["path"])):
                    body, scope["route"] = _Body(receive), route
                    response = await answer(Request(scope, body.receive), **found.groupdict())
                    if response is not None:
                        await response(scope, receive, send)
                        return
                    del scope["route"]
                    receive = body.again
                    break
        await self._app(scope, receive, send)


class _Body:
    """A request's body, which can be read a second time as far as it was read."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._taken: list[Message] = []

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken.append(message)
        return message

    async def again(self) -> Message:
        return self._taken.pop(0) if self._taken else await self._receive()


async def body_of(request: Request, model: type[M]) -> M | None:
    """The JSON body, if it is small and fits the model."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return None
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST_BODY:
        return None
    try:
        return model.model_validate(json.loads(await request.body()))
    except (ValueError, RecursionError):
        return None


class PlainQuery:
    """The query parameters of some dependencies, checked at once and by the same types as FastAPI checks each alone."""

    def __init__(self, *dependencies: Callable[..., Any]) -> None:
        self._names = []
        fields: dict[str, Any] = {}
        for each in dependencies:
            own = {
                name: (parameter.annotation, parameter.default)
                for name, parameter in inspect.signature(each, eval_str=True).parameters.items()
                if parameter.default is not inspect.Parameter.empty
            }
            self._names.append(tuple(own))
            fields |= own
        self._model = create_model("PlainQuery", __config__=ConfigDict(extra="forbid"), **fields)

    def read(self, request: Request) -> list[dict[str, Any]] | None:
        """The arguments of each dependency; None when one does not fit, comes twice, or is unknown."""
        sent = request.query_params.multi_items()
        values = dict(sent)
        if len(values) < len(sent):
            return None
        try:
            found = vars(self._model.model_validate(values))
        except ValidationError:
            return None
        return [{name: found[name] for name in names} for names in self._names]
