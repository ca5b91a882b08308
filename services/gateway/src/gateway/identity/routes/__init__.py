"""The HTTP entrance of identity."""

from gateway.identity.routes import auth, internal, links, profile, users

ROUTERS = (auth.router, links.router, profile.router, users.router, internal.router)
