"""What accounts read and answer over HTTP."""
