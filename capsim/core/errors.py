"""What can be wrong with a user's input, said so that the user can mend it.

Every check adds a :class:`Problem` to a :class:`Problems` collector; the collector raises once,
with everything that is wrong, so that a scenario is repaired in one round. Faults made from a key
of ``texts/<language>/messages.yaml`` can be said in every language; as strings they are English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from capsim.texts import has, said, say, text

_ROW = re.compile(r"(?P<file>[^:]+):(?P<row>\d+):(?P<column> .*)")
"""Where a fault of a table stands: ``schools.csv:17: pupils``."""
_ROWS_SHOWN = 3

EXIT_DONE = 0
EXIT_BUG = 1
EXIT_USAGE = 2
EXIT_INVALID = 3
EXIT_INFEASIBLE = 4
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of the input: where it stands, what is wrong and what would be right.

    Attributes
    ----------
    where : str
        Place in the user's terms: ``scenarios/x/baseline.yaml:41:7: enrolment.class_cap`` or
        ``schools.csv:17: pupils``.
    what : str
        What is wrong, with the value that was found.
    remedy : str
        What would be right; empty where it is obvious.
    """

    where: str
    what: str
    remedy: str = ""

    @classmethod
    def of(cls, where: str, key: str, /, *, remedy: str = "", **values: Any) -> Problem:
        """Return the fault that ``messages.<key>`` words.

        Parameters
        ----------
        where : str
        key : str
            A text, or a group of the texts ``what`` and ``remedy``.
        remedy : str
            What would be right, in place of the remedy of the group.
        **values
            What the placeholders stand for; texts are said in the language of the message.
        """
        if has(f"messages.{key}", "en"):
            return cls(where, text(f"messages.{key}", **values), remedy)
        remedy = remedy or text(f"messages.{key}.remedy", **values)
        return cls(where, text(f"messages.{key}.what", **values), remedy)

    def __str__(self) -> str:
        return self.said("en")

    def said(self, lang: str) -> str:
        """Return the fault as one line in a language."""
        where, what, remedy = (said(part, lang) for part in (self.where, self.what, self.remedy))
        if remedy:
            what = say("common.fault.remedy", lang, what=what, remedy=remedy)
        return say("common.fault.place", lang, where=where, what=what) if where else what


class CapsimError(Exception):
    """Base of all errors capsim raises on purpose; `exit_code` is what the command returns."""

    exit_code = EXIT_BUG


class InvalidInput(CapsimError):
    """A scenario, a table or an argument cannot be used; holds every problem found.

    Its text has a line for each problem; the same fault in many rows of a table is said once, with
    the number of the rows.

    Parameters
    ----------
    problems : iterable of Problem
        All faults, in the order they were found; each is kept once.
    """

    exit_code = EXIT_INVALID

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__(self.said("en"))

    @classmethod
    def of(cls, where: str, what: str, remedy: str = "") -> InvalidInput:
        """Return the error for a single problem."""
        return cls([Problem(where, what, remedy)])

    @classmethod
    def of_text(cls, where: str, key: str, /, *, remedy: str = "", **values: Any) -> InvalidInput:
        """Return the error for a single problem worded by ``messages.<key>``."""
        return cls([Problem.of(where, key, remedy=remedy, **values)])

    def said(self, lang: str) -> str:
        """Return a line for each problem in a language."""
        return "\n".join(_lines(self.problems, lang))


def _lines(problems: Iterable[Problem], lang: str) -> list[str]:
    """One line a problem; from the third row of a table with the same fault on, only a count."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        row = _ROW.fullmatch(problem.where)
        place = f"{row['file']}:{row['column']}" if row else problem.where
        groups.setdefault((place, problem.what, problem.remedy), []).append(problem)
    lines = []
    for same in groups.values():
        shown = same if len(same) <= _ROWS_SHOWN else same[:1]
        lines += [problem.said(lang) for problem in shown]
        if len(shown) < len(same):
            last = _ROW.fullmatch(same[-1].where)
            key = "more_rows_to" if last else "more_rows"
            values = {"line": lines[-1], "more": len(same) - 1}
            if last:
                values["row"] = last["row"]
            lines[-1] = say(f"common.fault.{key}", lang, **values)
    return lines


class Infeasible(CapsimError):
    """The input is valid but what it asks for cannot be done (no plan, no admissible solution)."""

    exit_code = EXIT_INFEASIBLE


class Problems:
    """Collects problems and warnings while an input is checked.

    Warnings never stop a run; they are kept so that the command line can print them.
    """

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []

    def add(self, where: str, what: str, remedy: str = "") -> None:
        """Record a fault that makes the input unusable."""
        self._problems.append(Problem(where, what, remedy))

    def add_text(self, where: str, key: str, /, *, remedy: str = "", **values: Any) -> None:
        """Record a fault worded by ``messages.<key>``, as :meth:`Problem.of` reads it."""
        self._problems.append(Problem.of(where, key, remedy=remedy, **values))

    def warn_text(self, where: str, key: str, /, *, remedy: str = "", **values: Any) -> None:
        """Record a warning worded by ``messages.<key>``."""
        self._warnings.append(Problem.of(where, key, remedy=remedy, **values))

    def warn(self, where: str, what: str, remedy: str = "") -> None:
        """Record something the user should know that does not stop the run."""
        self._warnings.append(Problem(where, what, remedy))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Record several faults."""
        self._problems.extend(problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Warnings so far."""
        return tuple(self._warnings)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def __len__(self) -> int:
        return len(self._problems)

    def raise_if_any(self) -> None:
        """Raise :class:`InvalidInput` with everything recorded, if anything was.

        Raises
        ------
        InvalidInput
            If at least one problem was added.
        """
        if self._problems:
            raise InvalidInput(self._problems)
