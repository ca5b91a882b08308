"""HTTP models of assessment."""
