"""A web server on this machine that misbehaves as told; tests never use the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


def whole(request: BaseHTTPRequestHandler, body: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def not_found(request: BaseHTTPRequestHandler, body: bytes) -> None:
    request.send_error(404)


def silent(request: BaseHTTPRequestHandler, body: bytes) -> None:
    """Takes the question and says nothing until the test is over."""
    request.server.over.wait(60)  # type: ignore[attr-defined]


def short(request: BaseHTTPRequestHandler, body: bytes) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])


def unmarked_short(request: BaseHTTPRequestHandler, body: bytes) -> None:
    """Half of it, without saying how much it should be."""
    request.send_response(200)
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])


def wrong(request: BaseHTTPRequestHandler, body: bytes) -> None:
    whole(request, b"<html>Please log in to the hotel's network</html>")


def dropped(request: BaseHTTPRequestHandler, body: bytes) -> None:
    """The connection is reset in the middle."""
    import socket
    import struct

    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[:100])
    request.wfile.flush()
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()


def stuck(request: BaseHTTPRequestHandler, body: bytes) -> None:
    """Begins, then says nothing more."""
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[:100])
    request.wfile.flush()
    request.server.over.wait(60)  # type: ignore[attr-defined]


def dripping(request: BaseHTTPRequestHandler, body: bytes) -> None:
    """A few bytes at a time: never silent, never done."""
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    for byte in body:
        request.wfile.write(bytes([byte]))
        request.wfile.flush()
        if request.server.over.wait(0.05):  # type: ignore[attr-defined]
            return


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, files: dict[str, bytes], answer: Answer) -> None:
        self.over = threading.Event()
        self.asked: list[tuple[float, str]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.rpartition("/")[2]
                server.asked.append((time.monotonic(), name))
                answer(self, files[name])

            def log_message(self, *_arguments: object) -> None:
                """Not to stderr."""

        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has left is no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/files/"


@contextmanager
def serving(files: dict[str, bytes], answer: Answer = whole) -> Iterator[Server]:
    """A server of `files`, by name, as long as the block lasts."""
    server = Server(files, answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
