"""What each route may cost: statements sent, events told, other services asked. More is a decision, not an accident."""

from shared.auth import ServiceCaller
from shared.testing import user

LEARNER, OTHER, TEACHER, SERVICE = user(7), user(8), user(500, "instructor"), ServiceCaller("gateway")
ADMIN = user(9, "administrator")
BUDGET: dict[tuple[str, str], tuple[int, int]] = {}
