"""One file, one clock."""
