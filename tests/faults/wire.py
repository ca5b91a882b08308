"""A wire between a process and a server that a test can cut in one direction."""

import contextlib
import socket
import threading


class Wire:
    """Forwards connections to `(host, port)`. While `hold`s, nothing that the process sends goes on; what the server
    sends does. What was held is dropped with the connection."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = threading.Event()
        self._open.set()
        self._closed = threading.Event()
        self._links: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        self._open.clear()

    def close(self) -> None:
        """Drop every connection, with all that was held."""
        self._closed.set()
        for link in [self._listener, *self._links]:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()
        self._open.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                process, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._links += [process, server]
                threading.Thread(target=self._forward, args=(process, server, True), daemon=True).start()
                threading.Thread(target=self._forward, args=(server, process, False), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket, is_outward: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if is_outward:
                    self._open.wait()
                    if self._closed.is_set():
                        return
                target.sendall(data)
            if not is_outward or self._open.is_set():
                target.shutdown(socket.SHUT_WR)
