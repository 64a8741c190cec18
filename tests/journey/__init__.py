"""Whole ways: from a mail server to a report, through the commands."""
