"""CORE: who learns what, how far they are, what is open to them, and what they can show for it."""
