"""School quality in the base year, worked out once for all replicates of a county."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capsim.county.schools import RESOURCES, Schools
from capsim.scenario.options.quality import QualityOptions
from capsim.scenario.options.staffing import StaffingOptions
from capsim.schools.classes.formation import ClassPlan, class_pupils
from capsim.schools.classes.sizes import shared_pupils
from capsim.schools.groups import Groups
from capsim.schools.quality import (
    BySchool,
    Reference,
    SchoolMeans,
    base_quality,
    own_part,
    quality_causes,
    reference_of,
)
from capsim.schools.staffing.needs import needed_by_classes
from capsim.schools.staffing.teachers import Teachers, quality_counts, taught_by

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class QualityStart:
    """Quality in the base year, the same in all replicates.

    Attributes
    ----------
    quality, own : ndarray of float64, shape (schools, 2)
        Quality, and what it holds beyond its measured causes.
    reference : Reference
    by_school : BySchool
        The reference laid out by school.
    """

    quality: F64
    own: F64
    reference: Reference
    by_school: BySchool


def quality_start(
    schools: Schools,
    teachers: Teachers,
    plan: ClassPlan,
    groups: Groups,
    *,
    year: int,
    options: QualityOptions,
    staffing: StaffingOptions,
) -> QualityStart:
    """Return how quality stands in the base year.

    Parameters
    ----------
    schools : Schools
        As in the base year, with the quality reported.
    teachers : Teachers
    plan : ClassPlan
    groups : Groups
    year : int
        The base year.
    options : QualityOptions
    staffing : StaffingOptions
    """
    resources = _stacked(schools.resources)
    pupils = schools.roll_by_level()
    working = groups.in_year(year, pupils, schools.open_levels())
    means = SchoolMeans(
        taught=working.share_teaching(taught_by(quality_counts(teachers, len(schools)))),
        need=needed_by_classes(plan.classes, staffing),
        pupils=pupils,
        shared=shared_pupils(schools.roll, class_pupils(schools.roll, plan)),
        classes=plan.by_level(),
        resources=resources,
    )
    reference = reference_of(means, options)
    by_school = reference.by_school(resources)
    causes = quality_causes(means, reference, options, by_school)
    term = working.effect(np.nan_to_num(schools.quality))
    own = own_part(schools.quality, causes, term, pupils, schools.settlement_kind)
    quality = base_quality(schools.quality, own, causes, term)
    return QualityStart(quality, own, reference, by_school)


def _stacked(resources: Mapping[str, F64]) -> F64:
    return np.stack([resources[name] for name in RESOURCES], axis=2)
