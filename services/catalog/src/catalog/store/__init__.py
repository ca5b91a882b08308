"""SQL that several commands and queries share."""
