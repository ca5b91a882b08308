"""Testing a service as it is: its app and consumers over real PostgreSQL, with the other services not running.

The plugin (`shared.testing.plugin`) starts the servers; `serve_for_tests` makes a service on them.
"""

from shared.testing.budget import Cost, cost_of, statements
from shared.testing.environment import Environment
from shared.testing.service import ServiceUnderTest, end_connections, serve_for_tests, user

__all__ = [
    "Cost",
    "Environment",
    "ServiceUnderTest",
    "cost_of",
    "end_connections",
    "serve_for_tests",
    "statements",
    "user",
]
