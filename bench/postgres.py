"""PostgreSQL as it is measured."""

import psycopg

from shared.runtime.server import Server

BUFFERS = "1GB"
"""They hold the data, as on a server. What `make up` starts makes do with less."""


def set_up(server: Server, **settings: str) -> None:
    """Start it anew with these settings, and with buffers for everything; not one that somebody else runs."""
    if not server.ours:
        return
    with psycopg.connect(server.url, autocommit=True) as admin:
        for name, value in {"shared_buffers": BUFFERS, **settings}.items():
            admin.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    server.stop()
    server.start_again()
