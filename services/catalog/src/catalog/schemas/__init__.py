"""HTTP models of the catalog."""
