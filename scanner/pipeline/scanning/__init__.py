"""The scan: what is new on the servers goes into the store."""
