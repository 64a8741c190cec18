"""Analysis over messages in memory: every rule of it as a fact."""
