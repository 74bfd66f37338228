"""The routes of learning, a module per noun; each declares its `routes`, which app.py lists."""
