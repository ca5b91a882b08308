"""Who is asking: the identity that the gateway signs for each request, and the one services sign for each other.

The gateway authenticates users; behind it a request carries an Ed25519-signed JWT, valid for a minute, in
`X-Syllabus-Identity`. Services trust that signature alone. Each service signs its own calls to others with its own
key, as itself; only the gateway's key can speak for a user.
"""

import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.contracts.gateway.events import Role
from shared.errors import AuthenticationRequired, InvalidToken, NotFound, RoleRequired

HEADER = "X-Syllabus-Identity"
LIFETIME_S = 60
CLOCK_SKEW_S = 5
_REMEMBERED = 20_000
_ALGORITHM = "Ed25519"
_RANK: dict[Role, int] = {"student": 0, "instructor": 1, "administrator": 2}


@dataclass(frozen=True)
class Identity:
    """A signed-in user. `is_premium` was judged by the gateway at the moment of the request."""

    user_id: int
    role: Role
    name: str
    is_premium: bool = False

    def has_role(self, role: Role) -> bool:
        """A role contains those below it."""
        return _RANK[self.role] >= _RANK[role]

    @property
    def is_administrator(self) -> bool:
        return self.role == "administrator"


@dataclass(frozen=True)
class ServiceCaller:
    """Another service, asking for itself."""

    name: str


class Signer:
    """Signs as one service."""

    def __init__(self, service: str, key_file: Path, key_id: str | None = None) -> None:
        """`key_id`: what others know the key by; the service's name, or that and a suffix (`catalog.2`)."""
        self._service = service
        self._key_id = key_id or service
        self._key = OKPKey.import_key(key_file.read_text())

    def for_user(self, identity: Identity, *, lifetime_s: int = LIFETIME_S) -> str:
        """A token that speaks for a user. Others believe it from the gateway only."""
        return self._sign(
            {
                "sub": str(identity.user_id),
                "role": identity.role,
                "name": identity.name,
                "premium": identity.is_premium,
            },
            lifetime_s,
        )

    def for_service(self) -> str:
        return self._sign({"sub": f"service:{self._service}"}, LIFETIME_S)

    def _sign(self, claims: dict[str, str | bool], lifetime_s: int) -> str:
        header = {"alg": _ALGORITHM, "kid": self._key_id}
        body = {"iss": self._service, "exp": int(time.time()) + lifetime_s, **claims}
        return jwt.encode(header, body, self._key, algorithms=[_ALGORITHM])


class Verifier:
    """Checks tokens against the services' public keys, and remembers the good ones until they expire."""

    def __init__(self, jwks_file: Path | None) -> None:
        self._keys = KeySet.import_key_set(json.loads(jwks_file.read_text())) if jwks_file else KeySet([])
        self._remembered: OrderedDict[str, tuple[float, Identity | ServiceCaller]] = OrderedDict()

    def verify(self, token: str) -> Identity | ServiceCaller:
        """Raises InvalidToken."""
        known = self._remembered.get(token)
        if known is None:
            known = self._check(token)
            self._remembered[token] = known
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        if known[0] < time.time():
            self._remembered.pop(token, None)
            raise InvalidToken
        return known[1]

    def _check(self, token: str) -> tuple[float, Identity | ServiceCaller]:
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[_ALGORITHM])
            # While a key is replaced a service has two, `catalog` and `catalog.2`.
            claims, issuer = decoded.claims, decoded.header["kid"].partition(".")[0]
            expires = float(claims["exp"]) + CLOCK_SKEW_S
            if claims["iss"] != issuer:
                raise InvalidToken
            if claims["sub"] == f"service:{issuer}":
                return expires, ServiceCaller(issuer)
            if issuer != "gateway":
                raise InvalidToken
            identity = Identity(int(claims["sub"]), claims["role"], claims["name"], claims["premium"])
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise InvalidToken from error
        return expires, identity


def caller_of(request: Request) -> Identity | ServiceCaller | None:
    """Who sent this request; None for a guest. Raises InvalidToken."""
    token = request.headers.get(HEADER)
    if token is None:
        return None
    verifier: Verifier = request.app.state.verifier
    return verifier.verify(token)


def user_of(request: Request) -> Identity | None:
    """The user who sent this request; None for a guest or a service. Raises InvalidToken."""
    caller = caller_of(request)
    return caller if isinstance(caller, Identity) else None


async def _user_or_guest(request: Request) -> Identity | None:
    return user_of(request)


async def _signed_in(request: Request) -> Identity:
    user = user_of(request)
    if user is None:
        raise AuthenticationRequired
    return user


async def _instructor(request: Request) -> Identity:
    return _with_role(await _signed_in(request), "instructor")


async def _administrator(request: Request) -> Identity:
    return _with_role(await _signed_in(request), "administrator")


async def _service(request: Request) -> ServiceCaller:
    caller = caller_of(request)
    if caller is None:
        # Not 404: a service that forgot to sign would take it for the owner's "there is none".
        raise AuthenticationRequired
    if not isinstance(caller, ServiceCaller):
        raise NotFound
    return caller


def _with_role(identity: Identity, role: Role) -> Identity:
    if not identity.has_role(role):
        raise RoleRequired(f"This needs the role {role}.", role=role)
    return identity


Caller = Annotated[Identity | None, Depends(_user_or_guest)]
"""Route parameter: the signed-in user, or None for a guest."""
SignedIn = Annotated[Identity, Depends(_signed_in)]
"""Route parameter: the signed-in user; a guest is refused with 401."""
Instructor = Annotated[Identity, Depends(_instructor)]
"""Route parameter: an instructor or administrator; others are refused with 403 ROLE_REQUIRED."""
Administrator = Annotated[Identity, Depends(_administrator)]
"""Route parameter: an administrator."""
FromService = Annotated[ServiceCaller, Depends(_service)]
"""Route parameter of `/internal/` routes: another service. For users they do not exist."""
