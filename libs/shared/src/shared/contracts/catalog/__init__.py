"""What the catalog service publishes (`events`) and answers to other services (`http`)."""
