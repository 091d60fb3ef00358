"""python -m antiphon."""

from antiphon.cli import command

if __name__ == "__main__":
    command()
