"""One file, one Lambda: what a queue or the table's stream starts."""
