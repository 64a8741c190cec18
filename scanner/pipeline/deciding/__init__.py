"""Decisions: what persons state about incidents, viewers and people, one by one or by spreadsheet."""
