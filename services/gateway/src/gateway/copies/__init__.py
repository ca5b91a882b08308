"""What the gateway keeps of other services, by event: courses, who teaches them, who learns in them."""
