"""`python -m scanner`: the same as `blindcopy`."""

from scanner.cli import main

if __name__ == "__main__":
    main()
