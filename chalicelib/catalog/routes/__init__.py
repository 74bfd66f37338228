"""The catalogue's routes, a module per noun; each declares its `routes`, which app.py lists."""
