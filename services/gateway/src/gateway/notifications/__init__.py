"""What people are told: kept in a list of their own, mailed as they prefer, at once or gathered in digests."""
