"""A gzipped tar, made piece by piece: the same files give the same bytes."""

import tarfile
import zlib

BLOCK = 512
_LEVEL = 6


class Packer:
    """Each method gives bytes to send on. What is added has its size told first."""

    def __init__(self) -> None:
        self._zip = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)

    def file(self, path: str, content: bytes) -> bytes:
        """A whole file."""
        return self.begin(path, len(content)) + self.piece(content) + self.end(len(content))

    def begin(self, path: str, size: int) -> bytes:
        """`path` in ASCII, of at most 100 characters."""
        header = tarfile.TarInfo(path)
        header.size, header.mode, header.mtime = size, 0o644, 0
        return self._zip.compress(header.tobuf(tarfile.USTAR_FORMAT))

    def piece(self, content: bytes) -> bytes:
        return self._zip.compress(content)

    def end(self, size: int) -> bytes:
        """After the pieces of a file of this size."""
        return self._zip.compress(bytes(-size % BLOCK))

    def finish(self) -> bytes:
        return self._zip.compress(bytes(2 * BLOCK)) + self._zip.flush()
