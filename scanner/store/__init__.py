"""The store: what was crawled, what was found, what was decided."""
