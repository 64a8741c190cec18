"""Before a scan: what the administrator does, what the settings should say, and whether each account can be read."""
