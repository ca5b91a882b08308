"""The HTTP entrance of identity."""

from gateway.identity.routes import auth, internal, links, pages, profile, snapshots, users

ROUTERS = (auth.router, links.router, profile.router, users.router, pages.router, internal.router, snapshots.router)
