"""The classes of the base year: what is reported stands, whatever the rules would make of it."""

from __future__ import annotations

import numpy as np

from capsim.county.schools import Schools
from capsim.schools.classes.formation import LEVEL_GRADES, ClassPlan, ClassRules, form_classes


def reported_classes(schools: Schools, rules: ClassRules) -> ClassPlan:
    """Return the classes of the base year.

    Where a table gives the classes of a school they are taken as they are, also above the hard
    cap with rooms free, and without joining small grades: rules act from the next year on. A grade
    that has pupils and no class in the table shares the class of the nearest lower grade of its
    level. Where no table gives them, classes are formed by the rules.

    Parameters
    ----------
    schools : Schools
        With the rolls and classes of the base year.
    rules : ClassRules

    Returns
    -------
    ClassPlan
    """
    plan = form_classes(schools.roll, schools.classes, rooms=schools.rooms, rules=rules)
    if not schools.classes_reported.any():
        return plan
    for grades in LEVEL_GRADES:
        told = np.where(schools.roll[:, grades] > 0, schools.classes[:, grades], 0)
        own = np.where(told > 0, np.arange(grades.start, grades.stop), -1)
        home = np.maximum.accumulate(own, axis=1)
        # Pupils below the first class in the table are left to the rules, as is their school.
        clear = ((schools.roll[:, grades] == 0) | (home >= 0)).all(axis=1)
        rows = np.flatnonzero(schools.classes_reported & clear)
        plan.classes[rows, grades] = told[rows]
        column = np.where(schools.roll[:, grades] > 0, home, np.arange(grades.start, grades.stop))
        plan.class_grade[rows, grades] = column[rows]
    return plan
