"""Tests of scanner.config."""
