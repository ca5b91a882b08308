"""The HTTP entrance of identity."""

from gateway.identity.routes import auth, internal, profile, users

ROUTERS = (auth.router, profile.router, users.router, internal.router)
