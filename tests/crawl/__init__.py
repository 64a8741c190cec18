"""Tests of scanner.crawl: no real server is needed, but real TCP is used wherever bytes arrive."""
