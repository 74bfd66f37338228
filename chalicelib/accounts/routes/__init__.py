"""The routes of accounts, by what they are about."""

from chalicelib.accounts.routes import admin, auth, mail, users

ROUTES = (auth.routes, users.routes, mail.routes, admin.routes)
