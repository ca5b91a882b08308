"""Whether a page that opens a socket is one of ours: browsers send the cookie along for anybody's page."""

from urllib.parse import urlsplit


def is_own_origin(origin: str | None, host: str | None, public_url: str) -> bool:
    """Without an `Origin` it is no browser's, and a cookie alone does not do."""
    if origin is None:
        return False
    try:
        page, public = urlsplit(origin), urlsplit(public_url)
    except ValueError:
        return False
    if page.scheme not in ("http", "https") or not page.netloc:
        return False
    if (page.scheme, page.netloc.lower()) == (public.scheme, public.netloc.lower()):
        return True
    return host is not None and page.scheme == public.scheme and page.netloc.lower() == host.lower()
