"""The one command: ``python -m benchmarks``, which ``make bench`` calls with every peer there."""

from benchmarks.command import main

if __name__ == "__main__":
    main()
