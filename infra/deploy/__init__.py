"""Brings built artefacts and their template into an account, and back again; `make deploy` and its sisters run it.

It talks to AWS, or to whatever `AWS_ENDPOINT_URL` names.
"""


class Refused(Exception):
    """The command stops here; the message says why and what to do, and is meant for the person at the terminal."""
