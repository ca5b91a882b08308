"""A user's right to take their data away: all of it as one document, and all of it blanked."""
