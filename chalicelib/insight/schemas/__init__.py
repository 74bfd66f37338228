"""What insight answers."""
