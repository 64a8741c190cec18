"""Benchmarks; run them from the repository root, `python -m benchmarks.crawl`."""
