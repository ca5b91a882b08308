"""Drawing certificates: as PDF, with the signed record inside."""
