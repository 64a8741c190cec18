"""The corpus: mail whose figures are known, for tests of every stage."""
