"""Tests of scanner.cli."""
