"""Verification of certificates for whoever is shown one: pages that need no script and no account."""
