"""Answers that are ready to be sent."""

from starlette.responses import Response


class JsonBytes(Response):
    """JSON that was made by somebody else, such as PostgreSQL: sent as it is. The route names the model that it has."""

    media_type = "application/json"
