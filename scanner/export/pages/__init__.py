"""Documents to read: the page, the one for those who lead, and what Word documents have in common."""
