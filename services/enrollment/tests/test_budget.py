"""What each route may cost: statements sent, events told, other services asked. More is a decision, not an accident."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import event

from shared.auth import ServiceCaller
from shared.contracts.gateway.events import UserErased
from shared.testing import ServiceUnderTest, user

LEARNER, OTHER, TEACHER, SERVICE = user(7), user(8), user(500, "instructor"), ServiceCaller("gateway")
ADMIN = user(9, "administrator")
BUDGET: dict[tuple[str, str], tuple[int, int]] = {}
