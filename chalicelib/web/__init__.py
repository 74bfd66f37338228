"""The door: with each domain's routes, the only code that knows HTTP and Chalice."""
