"""The public API, as a small client would use it."""

from typing import Any

import httpx

PASSWORD = "syllabus-demo"  # noqa: S105
TIME_LIMIT_S = 30


class Refused(Exception):
    """The API did not do what was asked."""


class Api:
    """Calls as one user, or as a guest. Users made from it share its connections; `close` ends them."""

    def __init__(self, address: str, token: str | None = None, http: httpx.Client | None = None) -> None:
        self.address = address
        self.headers = {"Authorization": f"Token {token}"} if token else {}
        self._http = http or httpx.Client(base_url=f"{address}/api", timeout=TIME_LIMIT_S)

    def log_in(self, email: str, password: str = PASSWORD) -> "Api":
        """The same API as that user."""
        return self._as(self.post("/auth/login/", {"email": email, "password": password})["token"])

    def register(self, email: str, first_name: str, last_name: str) -> tuple["Api", dict[str, Any]]:
        """A new user's API, and the user."""
        body = {"email": email, "password": PASSWORD, "first_name": first_name, "last_name": last_name}
        answer = self.post("/auth/register/", body)
        return self._as(answer["token"]), answer["user"]

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        return self._call("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, json=body if body is not None else {})

    def put(self, path: str, body: Any = None) -> Any:
        return self._call("PUT", path, json=body if body is not None else {})

    def delete(self, path: str) -> None:
        self._call("DELETE", path)

    def _as(self, token: str) -> "Api":
        return Api(self.address, token, self._http)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        answer = self._http.request(method, path, headers=self.headers, **options)
        if answer.is_error:
            raise Refused(f"{method} /api{path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None
