"""The institutions as mesa agents: the education bureau and the schools, views of columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakKeyDictionary

import mesa
import numpy as np
from numpy.typing import NDArray

from capsim.year import works

if TYPE_CHECKING:
    from capsim.year.model import CountyModel


class _Numbers(WeakKeyDictionary["mesa.Model", Iterator[int]]):
    """The numbers that agents of each model get; mesa's own table keeps every model for ever."""

    def __getitem__(self, model: mesa.Model) -> Iterator[int]:
        return self.setdefault(model, count(1))


class Institution(mesa.Agent):  # type: ignore[misc]
    """What the bureau and the schools have in common."""

    _ids: ClassVar[_Numbers] = _Numbers()


class Bureau(Institution):
    """The county education bureau: decides about buildings, staff and small schools."""

    def __init__(self, model: CountyModel) -> None:
        super().__init__(model)
        self.county_model = model

    def carry_out_programme(self) -> None:
        """Open, expand, merge and close what is due this September."""
        works.programme(self.county_model)

    def manage_staff(self) -> None:
        """Recruit within posts and post teachers to schools that open."""
        works.staff_in_and_out(self.county_model)

    def redistribute_teachers(self) -> None:
        """Move teachers between schools and hold the exchange."""
        works.allocate(self.county_model)

    def review_schools(self) -> None:
        """Decide for next year about small schools and lasting shortfalls."""
        works.review(self.county_model)


class School(Institution):
    """A school: an indexed view of its row in the columns, never a second copy.

    Parameters
    ----------
    model : CountyModel
    row : int
        Row of the school.
    """

    def __init__(self, model: CountyModel, row: int) -> None:
        super().__init__(model)
        self.county_model = model
        self.row = row

    @property
    def id(self) -> str:
        """Identifier of the school."""
        return self.county_model.schools.ids[self.row]

    @property
    def is_open(self) -> bool:
        """Whether the school is open."""
        return bool(self.county_model.schools.is_open[self.row])

    @property
    def roll(self) -> NDArray[np.int32]:
        """Pupils by grade, shape (9,)."""
        return np.asarray(self.county_model.schools.roll[self.row])

    @property
    def classes(self) -> NDArray[np.int32]:
        """Classes by grade, shape (9,)."""
        return np.asarray(self.county_model.plan.classes[self.row])

    @property
    def quality(self) -> NDArray[np.float64]:
        """Quality by level, shape (2,)."""
        return np.asarray(self.county_model.schools.quality[self.row])

    def teachers(self) -> NDArray[np.int32]:
        """Return the teachers present by level, shape (2,)."""
        return np.asarray(self.county_model.staff.heads()[self.row])

    def teachers_asked_for(self) -> NDArray[np.float64]:
        """Return what the school asks the bureau for: need by classes less teachers, by level."""
        short = self.county_model.teacher_needs()[1][self.row] - self.teachers()
        return np.asarray(np.maximum(short, 0.0))
