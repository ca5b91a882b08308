"""What the enrollment service publishes (`events`) and answers to other services (`http`)."""
