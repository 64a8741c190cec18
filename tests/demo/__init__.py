"""Tests of the invented organisation and its server."""
