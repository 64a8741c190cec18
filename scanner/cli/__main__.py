"""`python -m scanner.cli`: the same as `blindcopy`."""

from scanner.cli import main

main()
