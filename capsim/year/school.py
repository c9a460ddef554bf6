"""A school as an agent: a view of its row in the columns, made when asked for."""

from __future__ import annotations

import mesa
import numpy as np
from numpy.typing import NDArray

from capsim.year.bureau import Institution
from capsim.year.state import State


class School(Institution):
    """A school: its row in the columns of the state, never a second copy.

    Parameters
    ----------
    model : mesa.Model
        Whose agent it becomes.
    state : State
    row : int
        Row of the school.
    """

    def __init__(self, model: mesa.Model, state: State, row: int) -> None:
        super().__init__(model)
        self._state = state
        self.row = row

    def __repr__(self) -> str:
        standing = f"{int(self.roll.sum()):,} pupils, {int(self.classes.sum())} classes"
        return f"<School {self.id!r}: {standing if self.is_open else 'closed'}>"

    @property
    def id(self) -> str:
        """Identifier of the school."""
        return self._state.schools.ids[self.row]

    @property
    def is_open(self) -> bool:
        """Whether the school is open."""
        return bool(self._state.schools.is_open[self.row])

    @property
    def roll(self) -> NDArray[np.int32]:
        """Pupils by grade, shape (9,)."""
        return np.asarray(self._state.schools.roll[self.row])

    @property
    def classes(self) -> NDArray[np.int32]:
        """Classes by grade, shape (9,)."""
        return np.asarray(self._state.class_plan.classes[self.row])

    @property
    def quality(self) -> NDArray[np.float64]:
        """Quality by level, shape (2,)."""
        return np.asarray(self._state.schools.quality[self.row])

    @property
    def teachers(self) -> NDArray[np.int64]:
        """Teachers present by level, shape (2,)."""
        return np.asarray(self._state.staff.present[self.row])
