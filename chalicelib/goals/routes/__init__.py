"""The routes of goals, a module per noun; each declares its `routes`, which app.py lists."""
