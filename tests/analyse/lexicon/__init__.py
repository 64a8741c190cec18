"""The words that analysis knows."""
