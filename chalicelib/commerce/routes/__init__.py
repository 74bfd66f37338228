"""The routes of commerce, a module per noun; each declares its `routes`, which app.py lists."""
