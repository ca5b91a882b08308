"""Why an archive is not taken: refused whole, with the place in it."""


class Refused(Exception):
    """A sentence for the person who sent the archive. `place` is the path of the file in it, where it is one file's."""

    def __init__(self, reason: str, place: str = "") -> None:
        self.reason, self.place = reason, place
        super().__init__(f"{place}: {reason}" if place else reason)
