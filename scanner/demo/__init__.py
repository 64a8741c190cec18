"""An invented organisation, its sent mail and an IMAP server on loopback that serves it."""
