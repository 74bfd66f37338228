"""What stands around the product: the templates it is deployed from, and the cloud on this machine (`local`)."""
