"""INTENTION: what people want to reach, the time they give to it, how they do, and when they are reminded."""
