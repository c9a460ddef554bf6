"""Rules, programme and groups of a scenario against its county, before anything runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capsim.admission.checks import check_choice, check_rules
from capsim.core.errors import Problems
from capsim.county.geography import Geography
from capsim.county.schools import Schools
from capsim.scenario.options.programme import Build
from capsim.scenario.schema import Scenario
from capsim.schools.groups import check_groups
from capsim.schools.programme.checks import check_programme
from capsim.schools.quality import check_quality
from capsim.schools.staffing.checks import check_staffing


def _place(scenario: Scenario, section: str) -> str:
    return f"{scenario.provenance.file}: {section}"


def check_county_programme(
    scenario: Scenario, schools: pd.DataFrame, settlements: pd.DataFrame, problems: Problems
) -> None:
    """Add everything that makes the building programme impossible in this county."""
    check_programme(
        scenario.programme,
        schools=schools,
        settlements=settlements,
        base_year=scenario.years.base,
        horizon_year=scenario.years.horizon,
        class_cap=scenario.enrolment.class_cap.as_tuple(),
        terrain_factor=scenario.choice.terrain_factor,
        problems=problems,
        where=_place(scenario, "programme"),
    )


def check_county_rules(
    scenario: Scenario,
    geography: Geography,
    schools: Schools,
    km: NDArray[np.float32],
    problems: Problems,
) -> None:
    """Add everything that makes rules, choices, groups or staffing impossible in this county."""
    built = {p.school for p in scenario.programme.projects if isinstance(p, Build)}
    will_open = schools.is_open | np.isin(np.array(schools.ids, object), list(built))
    teaches = schools.teaches_level() & will_open[:, None]
    found = check_rules(
        scenario.enrolment,
        schools=schools.ids,
        settlements=geography.settlements,
        teaches=teaches,
        zone=geography.zone,
        km=km,
        beds=schools.beds,
        where=_place(scenario, "enrolment"),
    )
    problems.extend(found)
    problems.extend(check_choice(scenario.choice, where=_place(scenario, "choice")))
    check_groups(
        scenario.groups,
        problems,
        schools=schools.ids,
        teaches_level=teaches,
        base_year=scenario.years.base,
        horizon=scenario.years.horizon,
        where=_place(scenario, "groups"),
    )
    check_staffing(
        scenario.staffing,
        problems,
        teachers=scenario.tables().teachers,
        schools=schools.ids,
        teaches_level=teaches,
        settlement_kind=schools.settlement_kind,
        posts=np.where(schools.posts > 0, schools.posts.astype(np.float64), np.nan),
        base_year=scenario.years.base,
        horizon=scenario.years.horizon,
        where=_place(scenario, "staffing"),
    )
    check_quality(schools.quality, scenario.quality, problems, schools=list(schools.ids))
