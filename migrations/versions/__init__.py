"""One file per revision, numbered; the order of numbers is the order of history."""
