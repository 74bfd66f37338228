"""The cloud on this machine: an embedded AWS, the resources of the templates, and what calls the handlers.

`make run` starts it (`python -m infra.local`), tests take its parts one by one; it is never packaged.
"""
