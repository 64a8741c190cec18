"""The analysis: from what is stored to ranked incidents, of everything or of what is new."""
