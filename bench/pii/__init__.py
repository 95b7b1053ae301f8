"""`redact.pii` beside Presidio: how much of labelled personal data each finds, what each finds in plain text, and how fast."""
