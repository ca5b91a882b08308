"""How much one user or one address may ask for: who is counted, against which limits, and where the counts are kept."""
