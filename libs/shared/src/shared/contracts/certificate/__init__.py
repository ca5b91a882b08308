"""What the certificate service publishes (`events`) and answers to other services (`http`)."""
