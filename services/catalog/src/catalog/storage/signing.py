"""Addresses of objects, signed so that whoever has one may do just that for a while (AWS Signature Version 4).

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str
    region: str


def presigned(
    credentials: Credentials,
    method: str,
    url: str,
    *,
    now: datetime,
    seconds: int,
    parameters: Mapping[str, str] | None = None,
) -> str:
    """`url`, without a query, with `parameters` and the signature of them, the method and the host."""
    parts = urlsplit(url)
    path = quote(parts.path or "/", safe="/-_.~")
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{moment[:8]}/{credentials.region}/s3/aws4_request"
    query = _query(
        {
            **(parameters or {}),
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{credentials.access_key}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": "host",
        }
    )
    request = "\n".join((method, path, query, f"host:{parts.netloc}\n", "host", "UNSIGNED-PAYLOAD"))
    to_sign = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(request.encode()).hexdigest()))
    signature = hmac.new(_key(credentials, moment[:8]), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{parts.scheme}://{parts.netloc}{path}?{query}&X-Amz-Signature={signature}"


def _query(parameters: Mapping[str, str]) -> str:
    """In the order of names, each part encoded as the signature wants it."""
    encoded = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in parameters.items())
    return "&".join(f"{name}={value}" for name, value in encoded)


def _key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, credentials.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
