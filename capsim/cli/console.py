"""What the user sees while a command works: progress, notes and faults, all on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

from capsim.core.errors import Problem
from capsim.texts import Lang, say


def fail(text: str) -> None:
    """Print a fault on stderr."""
    print(text, file=sys.stderr)


class Console:
    """Progress and notes on stderr: a bar on terminals, plain lines elsewhere.

    Parameters
    ----------
    lang : {"en", "zh"}
        Language of the command.
    quiet : bool
        Print neither.
    """

    def __init__(self, lang: Lang, *, quiet: bool = False) -> None:
        self.lang: Lang = lang
        self._quiet = quiet
        self._bar: Any = None
        self._task: Any = None
        self._next = 0.0
        self._started = time.monotonic()

    def word(self, key: str, /, **values: Any) -> str:
        """Return a text of the command line in its language."""
        return say(f"cli.{key}", self.lang, **values)

    def note(self, text: str) -> None:
        """Print a line unless quiet."""
        if not self._quiet:
            print(text, file=sys.stderr)

    def warnings(self, lines: Iterable[Problem | str]) -> None:
        """Print warnings, also when quiet: they are about the user's data."""
        for line in lines:
            text = line.said(self.lang) if isinstance(line, Problem) else line
            print(self.word("warning", text=text), file=sys.stderr)

    def progress(self, done: int, total: int) -> None:
        """Show how many replicates are done."""
        if self._quiet:
            return
        if sys.stderr.isatty():
            self._show_bar(done, total)
        elif done / total >= self._next or done == total:
            self._next = done / total + 0.1
            seconds = time.monotonic() - self._started
            text = self.word("progress", done=done, total=total, seconds=seconds)
            print(text, file=sys.stderr)

    def _show_bar(self, done: int, total: int) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import Progress

        if self._bar is None:
            self._bar = Progress(console=RichConsole(stderr=True), transient=True)
            self._task = self._bar.add_task(self.word("replicates"), total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done)
        if done == total:
            self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
