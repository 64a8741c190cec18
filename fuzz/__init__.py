"""Fuzzing, outside the ordinary tests: `make fuzz`."""
