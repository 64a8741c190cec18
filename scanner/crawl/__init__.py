"""The crawl: one account over IMAP, read only; yields messages and gaps, knows no store."""
