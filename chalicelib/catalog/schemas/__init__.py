"""What bodies of the catalogue may hold, and what it answers."""
