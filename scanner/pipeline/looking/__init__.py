"""A known mail in a file, and what the store knows around it."""
