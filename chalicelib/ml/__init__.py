"""Reading for machines: what the ML side gets of what happened, under pseudonyms, each change exactly once."""
