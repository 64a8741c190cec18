"""Tests of the pipeline over stores that no server filled."""
