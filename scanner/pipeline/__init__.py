"""The journeys that join stages and store, one file each."""
