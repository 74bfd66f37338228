"""What bodies of learning may hold, and what it answers."""
