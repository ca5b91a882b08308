"""What the assessment service publishes (`events`) and answers to other services (`http`)."""
