"""What the gateway service publishes (`events`) and answers to other services (`http`)."""
