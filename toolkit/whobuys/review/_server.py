"""The page for reviewing, served to this computer only."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from whobuys._errors import InstructorError
from whobuys.grade.gradebook import Busy
from whobuys.review._desk import READS, WRITES, Desk, Sitting
from whobuys.review._marking import Changed

FILES = Path(__file__).with_name("templates")
LARGEST_REQUEST = 100_000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TYPES = {
    "index.html": "text/html; charset=utf-8",
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
}


class ReviewServer:
    """The review page of one marker; a context manager.

    Parameters
    ----------
    sitting : Sitting
        Who marks what.
    port : int
        0 takes a free one.

    Raises
    ------
    InstructorError
        If there is no such gradebook, or nothing to review in it; or if the port is taken.

    Notes
    -----
    It listens on 127.0.0.1 only. Each address it gives can be entered once; what the page then
    holds to show who it is stays in that tab and goes to no other site or port, unlike a cookie.
    """

    def __init__(self, sitting: Sitting, port: int = 0) -> None:
        self.desk = Desk(sitting)
        self._tokens: set[str] = set()
        self._keys: set[str] = set()
        self._books = ThreadPoolExecutor(1)
        try:
            self._sockets = bind_sockets(port, "127.0.0.1")
        except OSError as error:
            self.desk.book.close()
            raise InstructorError(f"Port {port} cannot be used: {error.strerror}.") from None
        self.port: int = self._sockets[0].getsockname()[1]
        self._stop: Callable[[], object] = lambda: None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def address(self) -> str:
        """Return an address that can be entered once."""
        token = secrets.token_urlsafe(32)
        self._tokens.add(token)
        return f"http://127.0.0.1:{self.port}/#{token}"

    def enter(self, token: object) -> str | None:
        """Take a token in; return the key of a session, or None if it is not good."""
        for good in self._tokens:
            if isinstance(token, str) and hmac.compare_digest(good.encode(), _bytes(token)):
                self._tokens.remove(good)
                key = secrets.token_urlsafe(32)
                self._keys.add(key)
                return key
        return None

    def knows(self, key: str) -> bool:
        """Tell whether a key is one of a session."""
        return any(hmac.compare_digest(good.encode(), _bytes(key)) for good in self._keys)

    async def do(self, what: Callable[[Mapping[str, Any]], Any], asked: Mapping[str, Any]) -> Any:
        """Use the gradebook in a thread of its own, one thing after the other."""
        return await asyncio.get_running_loop().run_in_executor(self._books, what, asked)

    def __enter__(self) -> ReviewServer:
        self._thread.start()
        self._ready.wait(30)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        self._thread.join(30)
        self._books.shutdown()
        self.desk.book.close()

    async def _serve(self) -> None:
        loop, end = asyncio.get_running_loop(), asyncio.Event()
        self._stop = lambda: loop.call_soon_threadsafe(end.set)
        one = {"server": self}
        application = Application(
            [
                (r"/(|review\.css|review\.js)", _File, one),
                (r"/api/enter", _Enter, one),
                (r"/api/([a-z]+)", _Ask, one),
            ],
            default_handler_class=_Nowhere,
            default_handler_args=one,
            log_function=lambda handler: None,
        )
        http = HTTPServer(application, max_body_size=LARGEST_REQUEST)
        http.add_sockets(self._sockets)
        self._ready.set()
        await end.wait()
        http.stop()
        await http.close_all_connections()


class _Guarded(RequestHandler):
    """Nothing is answered that does not come from the page itself, on this computer."""

    def initialize(self, server: ReviewServer) -> None:
        self.server = server

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> None:
        host = self.request.headers.get("Host", "")
        origin = self.request.headers.get("Origin")
        if host not in (f"127.0.0.1:{self.server.port}", f"localhost:{self.server.port}"):
            raise HTTPError(403, reason="Wrong host")
        if origin is None and self.request.method != "GET":
            raise HTTPError(403, reason="No origin")
        if origin is not None and origin != f"http://{host}":
            raise HTTPError(403, reason="Wrong origin")
        if self.request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            raise HTTPError(403, reason="From another site")

    def write_error(self, status_code: int, **more: Any) -> None:
        self.finish({"error": self._reason})


class _File(_Guarded):
    def get(self, name: str) -> None:
        name = name or "index.html"
        self.set_header("Content-Type", TYPES[name])
        self.write((FILES / name).read_bytes())


class _Enter(_Guarded):
    def post(self) -> None:
        key = self.server.enter(_read(self.request.body).get("token"))
        if key is None:
            raise HTTPError(403, reason="This address was used already or is not the right one")
        self.write({"key": key})


class _Ask(_Guarded):
    async def get(self, name: str) -> None:
        asked = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        await self._answer(READS, name, asked)

    async def post(self, name: str) -> None:
        await self._answer(WRITES, name, None)

    async def _answer(
        self, known: tuple[str, ...], name: str, asked: Mapping[str, Any] | None
    ) -> None:
        given = self.request.headers.get("Authorization", "")
        if not self.server.knows(given.removeprefix("Review ")):
            raise HTTPError(403, reason="This page is not signed in")
        if name not in known:
            raise HTTPError(404)
        asked = _read(self.request.body) if asked is None else asked
        try:
            answer = await self.server.do(getattr(self.server.desk, name), asked)
        except InstructorError as error:
            codes: dict[type, int] = {Changed: 409, Busy: 503}
            self.set_status(codes.get(type(error), 400))
            answer = {"error": str(error)}
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.write(json.dumps(answer, allow_nan=False))


class _Nowhere(_Guarded):
    def prepare(self) -> None:
        super().prepare()
        raise HTTPError(404)


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        raise HTTPError(400, reason="That is no JSON object")
    return asked


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")
