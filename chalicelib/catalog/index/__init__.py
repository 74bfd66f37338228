"""The catalogue in one file: what can be listed, searched and shown to everybody without reading the table.

`reading` is what others ask; `building` is what the worker does. The rest are their parts.
"""
