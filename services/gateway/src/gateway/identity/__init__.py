"""Identity: accounts, tokens, subscriptions. Built as a service is, inside the gateway."""
