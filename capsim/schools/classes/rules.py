"""From the scenario to the rules by which classes are formed."""

from __future__ import annotations

from capsim.scenario.options.classes import ClassOptions
from capsim.scenario.options.enrolment import EnrolmentOptions
from capsim.schools.classes.formation import ClassRules
from capsim.schools.classes.multigrade import MultigradeRule


def class_rules(enrolment: EnrolmentOptions, options: ClassOptions) -> ClassRules:
    """Return the rules of class formation of a scenario.

    Parameters
    ----------
    enrolment : EnrolmentOptions
        Class cap and hard cap.
    options : ClassOptions
    """
    merge = options.merge_size
    shared = options.multigrade
    return ClassRules(
        cap=(int(enrolment.class_cap.primary), int(enrolment.class_cap.junior)),
        hard_cap=(int(enrolment.hard_cap.primary), int(enrolment.hard_cap.junior)),
        merge_size=None if merge is None else (int(merge.primary), int(merge.junior)),
        merge_when_rooms_lack=options.merge_when_rooms_lack,
        multigrade=None
        if shared is None
        else MultigradeRule(shared.below, shared.largest_class, shared.most_grades),
    )
