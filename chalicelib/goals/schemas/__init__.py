"""What bodies of goals may hold, and what it answers."""
