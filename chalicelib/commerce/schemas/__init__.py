"""What bodies of commerce may hold, and what it answers."""
