"""What the server answers: the page, what is new, what it is told, and pictures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from pellucid.errors import ConfigurationError, PellucidError
from pellucid.studio.live.messages import Follower
from pellucid.studio.live.training import LiveTraining
from pellucid.studio.server.guard import NO_TOKEN, NOT_HERE, Asked, Guard, headers_of

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Studio", "make_app", "obey"]

LOOK = 0.15
"""Seconds from one look at the training to the next, for each page that is open."""

ALIVE = 10.0
"""Seconds after which something is said even where nothing is new."""

LONGEST = 4096
"""Bytes that a page may tell at once."""

MOST_PAGES = 20
"""Pages that may follow a training at a time."""

AT_ONCE = 64
"""Pictures that a page may ask for at once."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
        "img-src data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, eq=False)
class Studio:
    """What a server shows.

    Attributes
    ----------
    page : str
        The whole page, as HTML.
    training : LiveTraining or None
        What goes on meanwhile, if anything does.
    pictures : callable
        Takes places among the test images, and returns their pixels as bytes.
    count : int
        How many test images there are.
    model : callable or None
        Returns what was learned so far as a model's file.
    session : str
        What its page was told that this server's life is called.
    """

    page: str
    training: LiveTraining | None = None
    pictures: Callable[[Sequence[int]], bytes] = lambda places: b""
    count: int = 0
    model: Callable[[], bytes] | None = None
    session: str = ""


def make_app(studio: Studio, guard: Guard, is_closing: Callable[[], bool]) -> Any:
    """Return the ASGI application.

    Parameters
    ----------
    studio : Studio
        What to show.
    guard : Guard
        Who may ask.
    is_closing : callable
        Says whether the server is about to end; what is open ends then.
    """
    answers = _Answers(studio, is_closing)
    return _Guarded(_routed(answers, guard.token), guard)


def obey(training: LiveTraining, told: Any) -> None:
    """Do what a page tells.

    Parameters
    ----------
    training : LiveTraining
        To whom it is told.
    told : object
        JSON that came from outside: ``{"do": "pause"}``, ``"go"``, ``"step"``, ``{"do": "rate",
        "rate": 0.01}``, ``{"do": "pace", "pace": 10}`` or null, ``{"do": "back", "branch": 1,
        "update": 20}``.

    Raises
    ------
    ConfigurationError
        It is no such thing, or can't be done now.
    """
    what = told.get("do") if isinstance(told, dict) else None
    if what == "pause":
        training.pause()
    elif what == "go":
        training.go()
    elif what == "step":
        training.step()
    elif what == "rate":
        training.set_rate(told.get("rate"))
    elif what == "pace":
        training.set_pace(told.get("pace"))
    elif what == "back":
        training.go_back(_whole(told, "branch"), _whole(told, "update"))
    else:
        raise ConfigurationError(
            f"This is no order: {told!r:.60}; one of pause, go, step, rate, pace and back is."
        )


def _whole(told: dict[str, Any], name: str) -> int:
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigurationError(f"{name} is {value!r:.40}; it must be a whole number.")
    return value


class _Answers:
    """One method for each thing that a page can ask."""

    def __init__(self, studio: Studio, is_closing: Callable[[], bool]) -> None:
        self._studio, self._is_closing = studio, is_closing
        self._open = 0

    async def page(self, request: Request) -> Response:
        from starlette.responses import HTMLResponse

        return HTMLResponse(self._studio.page)

    async def events(self, request: Request) -> Response:
        from starlette.responses import StreamingResponse

        training = self._studio.training
        if training is None:
            return _said("Nothing is trained here.", 404)
        if self._open >= MOST_PAGES:
            return _said(f"{MOST_PAGES} pages follow this training already; close one.", 503)
        return StreamingResponse(self._news(training), media_type="text/event-stream")

    async def _news(self, training: LiveTraining) -> AsyncIterator[str]:
        """Tell a page what is new, until it goes away or the server does."""
        self._open += 1
        try:
            yield "retry: 1000\n\n"
            follower, quiet = Follower(training, self._studio.session), 0.0
            while not self._is_closing():
                training.watch()
                news = follower.news()
                for event in news:
                    yield event
                quiet = 0.0 if news else quiet + LOOK
                if quiet > ALIVE:
                    quiet = 0.0
                    yield ": alive\n\n"
                await asyncio.sleep(LOOK)
        finally:
            self._open -= 1

    async def do(self, request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        training = self._studio.training
        if training is None:
            return _said("Nothing is trained here.", 404)
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            return _said("Orders are JSON.", 415)
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LONGEST:
                return _said(f"An order has {LONGEST} bytes at the most.", 413)
        try:
            await run_in_threadpool(obey, training, json.loads(body))
        except ConfigurationError as error:
            return _said(str(error), 400)
        except (ValueError, RecursionError):
            return _said("This is no JSON.", 400)
        return _said("", 200)

    async def pictures(self, request: Request) -> Response:
        from starlette.responses import Response

        texts = request.query_params.get("places", "").split(",")
        try:
            places = [int(text) for text in texts if text.isascii() and text.isdecimal()]
        except ValueError:  # digits without end
            places = []
        is_good = 0 < len(places) == len(texts) <= AT_ONCE
        if not is_good or max(places) >= self._studio.count:
            return _said(f"1 to {AT_ONCE} places of test images are asked for at a time.", 400)
        return Response(self._studio.pictures(places), media_type="application/octet-stream")

    async def model(self, request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response

        if self._studio.model is None:
            return _said("There is no model to be taken.", 404)
        named = {"Content-Disposition": 'attachment; filename="model.safetensors"'}
        try:
            data = await run_in_threadpool(self._studio.model)
        except PellucidError as error:  # nothing was learned yet, or what can't be a file
            return _said(str(error), 409)
        return Response(data, media_type="application/octet-stream", headers=named)


def _routed(answers: _Answers, token: str) -> Starlette:
    from starlette.applications import Starlette
    from starlette.responses import RedirectResponse
    from starlette.routing import Route

    async def to_page(request: Request) -> Response:
        return RedirectResponse(f"/{token}/", 308)

    routes = [
        Route(f"/{token}", to_page),
        Route(f"/{token}/", answers.page),
        Route(f"/{token}/events", answers.events),
        Route(f"/{token}/pictures", answers.pictures),
        Route(f"/{token}/model.safetensors", answers.model),
        Route(f"/{token}/do", answers.do, methods=["POST"]),
    ]
    return Starlette(routes=routes)


def _said(text: str, status: int) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"error": text} if text else {}, status)


class _Guarded:
    """Refuses what may not be asked, and gives every answer the headers that keep it safe."""

    def __init__(self, app: Any, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return

        async def send_safely(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower().encode() for name in _HEADERS}
                kept = [pair for pair in message["headers"] if pair[0].lower() not in own]
                added = [(name.lower().encode(), v.encode()) for name, v in _HEADERS.items()]
                message = {**message, "headers": [*kept, *added]}
            await send(message)

        asked = Asked(scope["method"], scope["path"], headers_of(scope["headers"]))
        refusal = self._guard.refusal(asked)
        if refusal is None:
            await self._app(scope, receive, send_safely)
        else:
            await _refused(refusal, self._guard)(scope, receive, send_safely)


def _refused(why: str, guard: Guard) -> Any:
    from starlette.responses import HTMLResponse

    title, text = {
        NO_TOKEN: (
            "The token is missing",
            "A Pellucid studio is here, and opens to whoever has its whole address. It stands in "
            "the terminal in which pellucid studio was started: copy it from there.",
        ),
        NOT_HERE: (
            "Another address",
            "This studio answers under its own address alone, such as "
            f"127.0.0.1:{guard.port}, which stands in the terminal in which it was started.",
        ),
    }.get(why, ("From another page", "This studio answers to its own page alone."))
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>:root{{color-scheme:light dark}}"
        "body{font:1rem/1.55 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}"
        "</style>"
        f"<h1>{escape(title)}</h1><p>{escape(text)}</p></html>"
    )
    return HTMLResponse(page, 403)
