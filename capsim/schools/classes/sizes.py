"""Class sizes: the distribution of classes over sizes, and classes above the cap or too large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.core.dims import CLASS_SIZE_BINS, GRADE_LEVEL_INDEX
from capsim.schools.classes.formation import (
    I32,
    ClassPlan,
    by_level,
)


@dataclass(frozen=True, slots=True)
class ClassSizes:
    """Classes counted by size, the pupils of a grade spread evenly over its classes.

    Attributes
    ----------
    small, even, bigger : ndarray of int32, shape (schools, 9)
        Size of the smaller classes of each grade, how many they are, and how many classes have
        one pupil more.
    """

    small: I32
    even: I32
    bigger: I32

    def distribution(self) -> NDArray[np.int64]:
        """Return classes by level and single size 1-79, the last bin 80 and over: (2, 80)."""
        only: NDArray[np.int64] = self.distributions(1)[0]
        return only

    def distributions(self, years: int) -> NDArray[np.int64]:
        """Return a distribution for each of several years whose schools stand one below another.

        Parameters
        ----------
        years : int
            The rows are ``years x schools``.

        Returns
        -------
        ndarray of int64, shape (years, 2, 80)
        """
        bins = len(CLASS_SIZE_BINS)
        row = np.arange(years).repeat(len(self.small) // years)[:, None]
        level = (2 * row + GRADE_LEVEL_INDEX) * (bins + 1)
        at_small = (np.minimum(self.small, bins) + level).ravel()
        at_big = (np.minimum(self.small + 1, bins) + level).ravel()
        cells = years * 2 * (bins + 1)
        counted = np.bincount(at_small, self.even.ravel(), cells)
        counted += np.bincount(at_big, self.bigger.ravel(), cells)
        table: NDArray[np.int64] = counted.reshape(years, 2, bins + 1)[..., 1:].astype(np.int64)
        return table

    def pupils_above(self, cap: ArrayLike) -> I32:
        """Return the pupils above a size by level, shape (schools, 2)."""
        limit = np.asarray(cap, dtype=np.int32)[GRADE_LEVEL_INDEX]
        above = np.maximum(self.small - limit, 0) * self.even
        above += np.maximum(self.small + 1 - limit, 0) * self.bigger
        return by_level(above)

    def classes_above(self, size: ArrayLike) -> I32:
        """Return the classes above a size by level, shape (schools, 2)."""
        least = np.broadcast_to(np.asarray(size, dtype=np.int32), (2,))[GRADE_LEVEL_INDEX] + 1
        bigger = np.where(self.small + 1 >= least, self.bigger, 0)
        return by_level(np.where(self.small >= least, self.even + self.bigger, bigger))


def class_sizes(class_pupils: I32, classes: I32) -> ClassSizes:
    """Return the sizes of classes.

    Parameters
    ----------
    class_pupils : ndarray of int32, shape (schools, 9)
        Pupils of the classes counted at each grade (``class_pupils``).
    classes : ndarray of int32, shape (schools, 9)
    """
    n = classes
    small = class_pupils // np.maximum(n, 1)
    bigger = np.where(n > 0, class_pupils - small * n, 0)  # classes with one pupil more
    return ClassSizes(small, n - bigger, bigger)


def crowding(class_pupils: I32, plan: ClassPlan, cap: ArrayLike) -> NDArray[np.float64]:
    """Return the pupils above the class cap as a share of the seats the cap gives.

    Parameters
    ----------
    class_pupils : ndarray of int32, shape (schools, 9)
        Pupils of the classes counted at each grade (``class_pupils``).
    plan : ClassPlan
    cap : array_like, shape (2,)
        Class cap by level.

    Returns
    -------
    ndarray of float64, shape (schools, 2)
        0 where no class is above the cap.
    """
    most = plan.classes * np.asarray(cap, dtype=np.int32).take(GRADE_LEVEL_INDEX)
    if not np.count_nonzero(class_pupils > most):
        return np.zeros((len(most), 2))
    return class_sizes(class_pupils, plan.classes).pupils_above(cap) / np.maximum(by_level(most), 1)


def shared_pupils(roll: I32, class_pupils: I32) -> I32:
    """Return the pupils in classes that several grades share, shape (schools, 2).

    Parameters
    ----------
    roll, class_pupils : ndarray of int32, shape (schools, 9)
        Pupils of the grades, and of the classes counted at each grade.
    """
    return by_level(class_pupils * (class_pupils > roll))
