"""HTTP entrance of the catalog: one module for each resource."""
