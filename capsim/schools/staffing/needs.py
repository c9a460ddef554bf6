"""What the staffing reads of schools: teachers needed by three measures, and posts held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capsim.scenario.options.staffing import StaffingOptions
from capsim.schools.classes.formation import by_level
from capsim.schools.staffing.allocation import to_largest_need

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Bool = NDArray[np.bool_]


@dataclass(slots=True)
class SchoolsThisYear:
    """What the staffing reads of the schools.

    Attributes
    ----------
    settlement_kind : ndarray of int, shape (schools,)
        0 county town, 1 township seat, 2 village.
    km : ndarray of float64, shape (schools, schools)
        Straight-line distances.
    open_cells : ndarray of bool, shape (schools, 2)
        Levels taught this year at open schools.
    posts : ndarray of int32, shape (schools, 2)
    need : ndarray of float64, shape (schools, 2)
        Teachers needed; 0 where a level is not taught. In September it is what is known then:
        last year's classes, and the classes that opening schools will form.
    quality : ndarray of float64, shape (schools, 2)
    opening : ndarray of bool, shape (schools,)
        Schools that open this September.
    receiver : ndarray of int32, shape (schools,)
        School that takes over pupils and teachers of a closed school; -1 where there is none.
    """

    settlement_kind: NDArray[np.integer]
    km: F64
    open_cells: Bool
    posts: I32
    need: F64
    quality: F64
    opening: Bool
    receiver: I32

    def shortage(self, heads: NDArray[np.integer]) -> F64:
        """Return need minus teachers; minus infinity where a level is not taught."""
        return np.where(self.open_cells, self.need - heads, -np.inf)


def needed_by_norm(roll: ArrayLike, options: StaffingOptions) -> F64:
    """Return the teachers needed by the pupil-staff norm, shape (schools, 2).

    ``pupils / 19 x 0.91`` in primary schools and ``pupils / 13.5 x 0.85`` in junior schools
    (unified staff quota of 2014; the share of teachers among staff is recalled).

    Parameters
    ----------
    roll : array_like of int, shape (schools, 9)
    options : StaffingOptions
    """
    norm = np.array(options.pupils_per_staff.as_tuple())
    teaching = np.array(options.teaching_share_of_staff.as_tuple())
    return np.asarray(by_level(roll) / norm * teaching)


def needed_by_classes(classes: ArrayLike, options: StaffingOptions) -> F64:
    """Return classes times the teachers a class needs, shape (schools, 2).

    Parameters
    ----------
    classes : array_like of int, shape (schools, 9)
    options : StaffingOptions
    """
    return np.asarray(by_level(classes) * np.array(options.teachers_per_class.as_tuple()))


def allotting_need(
    roll: ArrayLike, by_classes: F64, posts: ArrayLike, options: StaffingOptions
) -> F64:
    """Return the need by which teachers are allotted (`allocate_by`), shape (schools, 2).

    Parameters
    ----------
    roll : array_like of int, shape (schools, 9)
    by_classes : ndarray of float64, shape (schools, 2)
        Need by classes (:func:`needed_by_classes`).
    posts : array_like of int, shape (schools, 2)
        Approved posts.
    options : StaffingOptions
    """
    if options.allocate_by == "norm":
        return needed_by_norm(roll, options)
    if options.allocate_by == "classes":
        return by_classes
    return np.asarray(posts, dtype=np.float64)


def default_posts(reported: ArrayLike, heads: ArrayLike) -> I32:
    """Return approved posts; where none are reported, the teachers of the base year (assumed).

    Parameters
    ----------
    reported : array_like of float, shape (schools, 2)
        Missing (NaN) where not reported.
    heads : array_like of int, shape (schools, 2)
    """
    known = np.asarray(reported, dtype=np.float64)
    filled = np.where(np.isnan(known), np.asarray(heads, dtype=np.float64), known)
    return filled.astype(np.int32)


def hand_over_posts(
    posts: ArrayLike, ended: ArrayLike, receiver: ArrayLike, need: ArrayLike
) -> I32:
    """Hand the posts of schools and levels that ended to those that go on; none is lost.

    The receiver gets them where it teaches the level; otherwise they go, one by one, to the
    schools of the level with the fewest posts for their need.

    Parameters
    ----------
    posts : array_like of int, shape (schools, 2)
    ended : array_like of bool, shape (schools, 2)
        Levels not taught any more.
    receiver : array_like of int, shape (schools,)
        Row of the school that takes over; -1 where there is none.
    need : array_like of float, shape (schools, 2)
        Teachers needed; 0 where a level is not taught.

    Returns
    -------
    ndarray of int32, shape (schools, 2)
        Posts with the same total at each level; they stay where no school teaches the level.
    """
    old = np.array(posts, dtype=np.int32)
    gone = np.asarray(ended, dtype=bool) & (old > 0)
    if not gone.any():
        return old
    heirs = np.asarray(receiver, dtype=np.intp)
    wanted = np.asarray(need, dtype=np.float64)
    new = old.copy()
    for level in range(2):
        goes_on = ~np.asarray(ended, dtype=bool)[:, level] & (wanted[:, level] > 0)
        if not goes_on.any():
            continue
        for school in np.flatnonzero(gone[:, level]).tolist():
            number = int(old[school, level])
            new[school, level] -= number
            heir = int(heirs[school])
            if heir >= 0 and goes_on[heir]:
                new[heir, level] += number
            else:
                new[:, level] += _by_posts_lacking(new[:, level], wanted[:, level], goes_on, number)
    return new


def _by_posts_lacking(posts: I32, need: F64, able: NDArray[np.bool_], number: int) -> I32:
    """Share `number` posts so that posts minus need are levelled from below."""
    lack = np.where(able, need - posts, -np.inf)
    places = to_largest_need(lack, np.where(able, number, 0), number)
    return np.bincount(places, minlength=lack.size).astype(np.int32)
