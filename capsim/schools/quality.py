"""School quality: what teachers, class size, resources and groups make of it, year by year.

``q(t+1) = (1 - r) q(t) + r x (own + teachers + class size + resources + group) + noise``, in
standard deviations between the county's schools in the base year, bounded. ``own`` is what the
base year's quality holds beyond the measured causes (a name, a head, the families of the place);
it stays. So a county whose schools do not change keeps its quality, and every change has a cause.

Ranges in the literature, all recalled, none of it Chinese county schools: a standard deviation of
teacher effects moves pupils' results by 0.10 to 0.15 standard deviations (Rivkin, Hanushek and
Kain 2005; Chetty, Friedman and Rockoff 2014); classes of 15 instead of 22 by about 0.2, that is
0.02 to 0.03 a pupil (Krueger 1999 on the Tennessee experiment), while Hoxby (2000) finds nothing;
spending on buildings and equipment by a few hundredths (Jackson and Mackevicius 2024 pool such
studies). Results are not reputation, so the defaults are assumptions within these ranges, and
the rates of groups are assumptions outright.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from capsim.core import draws
from capsim.core.errors import Problems
from capsim.scenario.options.quality import QualityOptions

F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
Bool = NDArray[np.bool_]

LEAST_DEVIATION: Final = 0.02  # of shares between schools, so that equal schools do not divide by 0
MOST_DEVIATIONS: Final = 3.0
STAFFING_WITHIN: Final = 0.25
LARGEST_CLASS: Final = 80.0
DOUBLINGS_WITHIN: Final = 2.0


@dataclass(frozen=True, slots=True)
class SchoolMeans:
    """What quality is made of, measured this year.

    Attributes
    ----------
    taught : ndarray of float64, shape (3, schools, 2)
        Teachers where they teach (full-time equivalents): backbone, with a high degree, all.
    need : ndarray of float64, shape (schools, 2)
        Teachers needed by classes.
    pupils, shared : ndarray of int32, shape (schools, 2)
        Pupils, and those of them in classes that several grades share.
    classes : ndarray of int32, shape (schools, 2)
    resources : ndarray of float64, shape (schools, 2, kinds)
        Resources of each kind (floor area, equipment ...); missing (NaN) where unknown.
    """

    taught: F64
    need: F64
    pupils: I32
    shared: I32
    classes: I32
    resources: F64


@dataclass(frozen=True, slots=True)
class Reference:
    """The county's base year, against which causes are measured; by level.

    Attributes
    ----------
    backbone, backbone_deviation, high_degree, high_degree_deviation : ndarray, shape (2,)
        Share in the county's teachers, and its standard deviation between schools weighted by
        pupils.
    class_size : ndarray of float64, shape (2,)
        Mean class size, small classes counted at the size below which nothing is gained.
    resources : ndarray of float64, shape (2, kinds)
        Resources per pupil of the schools where they are known; missing where there are none.
    """

    backbone: F64
    backbone_deviation: F64
    high_degree: F64
    high_degree_deviation: F64
    class_size: F64
    resources: F64

    def by_school(self, resources: F64) -> BySchool:
        """Return the reference laid out by school.

        Parameters
        ----------
        resources : ndarray of float64, shape (schools, 2, kinds)
            Of the schools, as in :class:`SchoolMeans`.
        """
        return BySchool.of(self, resources)


@dataclass(frozen=True, slots=True)
class BySchool:
    """The reference laid out by school, and what is known of the resources of schools.

    Attributes
    ----------
    resources : ndarray of float64, shape (schools, 2, kinds)
        Of the schools.
    shares, deviations, most : ndarray of float64, shape (3, schools, 2)
        What backbone share, high degree share and cover of the need are measured against (the
        need is met at 1), in what, and by how much they count at most.
    reference : ndarray of float64, shape (schools, 2, kinds)
        Resources per pupil in the base year.
    unknown : ndarray of bool, shape (schools, 2, kinds)
        Resources that cannot be measured.
    kinds : ndarray of float64, shape (schools, 2)
        How many can; at least 1.
    """

    resources: F64
    shares: F64
    deviations: F64
    most: F64
    reference: F64
    unknown: Bool
    kinds: F64

    @classmethod
    def of(cls, county: Reference, resources: F64) -> BySchool:
        """Lay out the reference of a county."""

        def spread(backbone: F64, degree: F64, cover: float) -> F64:
            each = np.array([backbone, degree, np.full(2, cover)])
            return np.repeat(each[:, None], len(resources), axis=1)

        reference = np.repeat(county.resources[None], len(resources), axis=0)
        unknown = np.isnan(resources / reference)
        return cls(
            resources=resources,
            shares=spread(county.backbone, county.high_degree, 1.0),
            deviations=spread(county.backbone_deviation, county.high_degree_deviation, 1.0),
            most=spread(np.full(2, MOST_DEVIATIONS), np.full(2, MOST_DEVIATIONS), STAFFING_WITHIN),
            reference=reference,
            unknown=unknown,
            kinds=np.maximum((~unknown).sum(axis=2), 1.0),
        )


@dataclass(frozen=True, slots=True)
class QualityCauses:
    """What the measured causes add to quality.

    Attributes
    ----------
    parts : ndarray of float64, shape (3, schools, 2)
        Teachers, class size and resources.
    """

    parts: F64

    @property
    def teachers(self) -> F64:
        """What teachers add, shape (schools, 2)."""
        return np.asarray(self.parts[0])

    @property
    def class_size(self) -> F64:
        """What the size of classes adds, shape (schools, 2)."""
        return np.asarray(self.parts[1])

    @property
    def resources(self) -> F64:
        """What resources add, shape (schools, 2)."""
        return np.asarray(self.parts[2])

    def total(self) -> F64:
        """Return the sum of the causes, shape (schools, 2)."""
        total: F64 = np.add.reduce(self.parts, axis=0)
        return total


def reference_of(means: SchoolMeans, options: QualityOptions) -> Reference:
    """Return the reference values of the base year."""
    pupils = means.pupils.astype(np.float64)
    strong, degrees, teachers = means.taught
    backbone, backbone_deviation = _share_between(strong, teachers, pupils)
    degree, degree_deviation = _share_between(degrees, teachers, pupils)
    size = _class_size(means, options)
    total = np.maximum(pupils.sum(axis=0), 1.0)
    known = ~np.isnan(means.resources)
    amount = np.where(known, means.resources, 0.0).sum(axis=0)
    served = (known * pupils[:, :, None]).sum(axis=0)
    return Reference(
        backbone=backbone,
        backbone_deviation=backbone_deviation,
        high_degree=degree,
        high_degree_deviation=degree_deviation,
        class_size=(size * pupils).sum(axis=0) / total,
        resources=np.where((served > 0) & (amount > 0), amount / np.maximum(served, 1.0), np.nan),
    )


def quality_causes(
    means: SchoolMeans,
    reference: Reference,
    options: QualityOptions,
    by_school: BySchool | None = None,
) -> QualityCauses:
    """Return what teachers, class size and resources add to quality.

    - teachers: backbone and degree shares in deviations from the county of the base year (at
      most 3), and teachers above or below the need as a share of it (at most a quarter);
    - class size: loss per pupil of the mean class above the base year's county mean, and loss by
      the share of pupils in multi-grade classes;
    - resources: doublings per pupil against the county of the base year (at most 2), the mean of
      the kinds known.

    Parameters
    ----------
    means : SchoolMeans
    reference : Reference
    options : QualityOptions
    by_school : BySchool, optional
        Of :meth:`Reference.by_school` for the resources of `means`, where it is known.

    Returns
    -------
    QualityCauses
        0 where a level has no pupils.
    """
    pupils, taught = means.pupils, means.taught
    measure = reference.by_school(means.resources) if by_school is None else by_school
    causes, per = np.empty_like(taught), np.empty_like(taught)
    np.maximum(taught[2], 1e-9, out=per[:2])
    np.maximum(means.need, 1e-9, out=per[2])
    teachers = taught / per
    teachers -= measure.shares
    teachers /= measure.deviations
    teachers = _within(teachers, measure.most)
    np.copyto(teachers[2], 0.0, where=means.need <= 0)
    weights = np.array([options.backbone, options.high_degree, options.staffing])
    teachers *= weights[:, None, None]
    np.add.reduce(teachers, axis=0, out=causes[0])
    number = np.maximum(pupils, 1.0)
    size = -options.class_size * (_class_size(means, options) - reference.class_size)
    np.subtract(size, options.multigrade * means.shared / number, out=causes[1])
    steps = _doublings(measure, number)
    np.multiply(options.resources, steps, out=causes[2])
    np.copyto(causes, 0.0, where=pupils == 0)
    return QualityCauses(causes)


def own_part(
    reported: ArrayLike,
    causes: QualityCauses,
    group: ArrayLike,
    pupils: ArrayLike,
    settlement_kind: ArrayLike,
) -> F64:
    """Return what the base year's quality holds beyond its measured causes; it stays.

    Parameters
    ----------
    reported : array_like of float, shape (schools, 2)
        Quality of the base year; missing (NaN) where it is not reported.
    causes : QualityCauses
        Of the base year.
    group : array_like of float, shape (schools, 2)
        The groups' term of the base year.
    pupils : array_like, shape (schools, 2)
    settlement_kind : array_like of int, shape (schools,)

    Returns
    -------
    ndarray of float64, shape (schools, 2)
        Where quality is not reported, or the school has no pupils yet: the mean of the reported
        schools in places of the same kind, weighted by pupils; 0 if there are none.
    """
    known = np.asarray(reported, dtype=np.float64)
    size = np.asarray(pupils, dtype=np.float64)
    kind = np.asarray(settlement_kind)
    given = ~np.isnan(known) & (size > 0)
    own = np.where(given, known - causes.total() - np.asarray(group), 0.0)
    for level in range(2):
        weight = np.where(given[:, level], size[:, level], 0.0)
        total = np.bincount(kind, weight, minlength=3)
        mean = np.bincount(kind, weight * own[:, level], minlength=3) / np.maximum(total, 1e-9)
        own[:, level] = np.where(given[:, level], own[:, level], mean[kind])
    return own


def base_quality(
    reported: ArrayLike, own: ArrayLike, causes: QualityCauses, group: ArrayLike
) -> F64:
    """Return the quality of the base year: as reported, elsewhere what its causes imply.

    Parameters
    ----------
    reported : array_like of float, shape (schools, 2)
        Missing (NaN) where not reported.
    own : array_like of float, shape (schools, 2)
        Own part (:func:`own_part`).
    causes : QualityCauses
    group : array_like of float, shape (schools, 2)
        The groups' term of the base year.
    """
    known = np.asarray(reported, dtype=np.float64)
    implied = np.asarray(own) + causes.total() + np.asarray(group)
    return np.asarray(np.where(np.isnan(known), implied, known), dtype=np.float64)


def next_quality(
    quality: ArrayLike,
    implied: ArrayLike,
    *,
    open_cells: Bool,
    noise: F64,
    options: QualityOptions,
) -> F64:
    """Return next year's quality: a share of the way to what the causes imply, and noise.

    Parameters
    ----------
    quality : array_like of float, shape (schools, 2)
    implied : array_like of float, shape (schools, 2)
        Sum of own part, teachers, class size, resources and group.
    open_cells : ndarray of bool, shape (schools, 2)
        Levels taught at open schools with pupils; the others keep their quality.
    noise : ndarray of float64, shape (schools, 2)
        Standard normal, see :func:`quality_noise`.
    options : QualityOptions

    Returns
    -------
    ndarray of float64, shape (schools, 2)
        Within plus and minus `bound`.
    """
    now = np.asarray(quality, dtype=np.float64)
    if not options.change:
        return now.copy()
    moved = now + options.speed * (np.asarray(implied, dtype=np.float64) - now)
    moved += options.noise * noise
    return np.where(open_cells, _within(moved, options.bound), now)


def quality_noise(streams: Sequence[draws.Stream], identity: ArrayLike) -> F64:
    """Return the noise in the quality of schools, standard normal, for several years at once.

    Parameters
    ----------
    streams : sequence of draws.Stream
        One for each year.
    identity : array_like of uint64, shape (schools,)
        Permanent identity of the schools.

    Returns
    -------
    ndarray of float64, shape (years, schools, 2)
    """
    words = np.asarray(identity, dtype=np.uint64)[:, None] + np.arange(2, dtype=np.uint64)
    drawn: F64 = special.ndtri(draws.uniforms(streams, words.ravel()))
    return drawn.reshape(len(streams), *words.shape)


def check_quality(
    reported: ArrayLike, options: QualityOptions, problems: Problems, *, schools: list[str]
) -> None:
    """Add a problem for each reported quality outside the bounds.

    Parameters
    ----------
    reported : array_like of float, shape (schools, 2)
        Missing (NaN) where not reported.
    options : QualityOptions
    problems : Problems
    schools : list of str
        Ids of the schools.
    """
    known = np.asarray(reported, dtype=np.float64)
    for row, column in np.argwhere(np.abs(known) > options.bound).tolist():
        problems.add(
            f"schools: {schools[row]}: quality_{('primary', 'junior')[column]}",
            f"{known[row, column]:g} is outside -{options.bound:g} to {options.bound:g}",
            "quality is in standard deviations between schools",
        )


def _share_between(part: F64, whole: F64, pupils: F64) -> tuple[F64, F64]:
    """County share and its pupil-weighted standard deviation between schools, by level."""
    mean = part.sum(axis=0) / np.maximum(whole.sum(axis=0), 1.0)
    weight = np.where(whole > 0, pupils, 0.0)
    share = part / np.maximum(whole, 1e-9)
    variance = (weight * (share - mean) ** 2).sum(axis=0) / np.maximum(weight.sum(axis=0), 1.0)
    return mean, np.maximum(np.sqrt(variance), LEAST_DEVIATION)


def _within(values: F64, most: float | F64) -> F64:
    """Bound values between minus and plus `most`."""
    return np.minimum(np.maximum(values, -most), most)


def _class_size(means: SchoolMeans, options: QualityOptions) -> F64:
    """Mean class size by school and level, small classes at the size that matters."""
    size = means.pupils / np.maximum(means.classes, 1)
    return np.minimum(np.maximum(size, options.smallest_class_that_matters), LARGEST_CLASS)


def _doublings(measure: BySchool, pupils: F64) -> F64:
    """Mean over the known kinds of log2 of resources per pupil against the reference."""
    steps = measure.resources / pupils[:, :, None]
    steps /= measure.reference
    np.maximum(steps, 1e-6, out=steps)
    steps = _within(np.log2(steps, out=steps), DOUBLINGS_WITHIN)
    np.copyto(steps, 0.0, where=measure.unknown)
    mean: F64 = np.add.reduce(steps, axis=2)
    mean /= measure.kinds
    return mean
