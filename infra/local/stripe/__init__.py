"""A stand-in for Stripe: the part of its REST API that we use, kept in memory, with signed webhooks and a page.

`make run` serves it at `/_local/stripe`; tests call `server.Stripe` in their own process. Nothing of it is packaged.
"""
