"""Nothing in here."""
