"""The report: the newest analysis, read back with what was decided since."""
