"""`make tour`: a guided story through the HTTP API alone, with what it sends and gets."""
