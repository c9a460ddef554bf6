"""Run the command line as ``python -m capsim``."""

from capsim.cli.app import main

if __name__ == "__main__":
    main()
