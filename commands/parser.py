"""What reads the words of a command."""

from __future__ import annotations

import argparse
from typing import NoReturn

from ..report.wording import visible


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the words in one line, whatever they are."""

    def error(self, message: str) -> NoReturn:
        super().error(visible(message))
