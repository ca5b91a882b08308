"""A stand-in for a service: takes the same commands, serves only /readyz. As `demo` it only says what it was told."""

# ruff: noqa: T201
import os
import signal
import socketserver
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

NAME = Path(__file__).parent.name


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def serve() -> None:
    address = os.environ.get("SYLLABUS_INTERNAL_LISTEN", os.environ["SYLLABUS_LISTEN"]).removeprefix("unix:")
    Path(address).unlink(missing_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: (print(f"{NAME} stops", flush=True), os._exit(0)))
    with socketserver.ThreadingUnixStreamServer(address, Handler) as server:
        print(f"{NAME} serves", flush=True)
        server.serve_forever()


if sys.argv[1] == "api":
    serve()
elif os.environ.get("BROKEN_MIGRATION") == NAME:
    sys.exit("a column is missing")
else:
    print(NAME, sys.argv[1], os.environ["SYLLABUS_PUBLIC_URL"])
