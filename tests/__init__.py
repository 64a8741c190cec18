"""Tests of Blindcopy; the folders mirror the package."""
