"""School quality moves towards what teachers, classes, resources and groups imply."""

from __future__ import annotations

from capsim.county.county import County
from capsim.schools.classes.sizes import shared_pupils
from capsim.schools.quality import SchoolMeans, next_quality, quality_causes
from capsim.schools.staffing.needs import needed_by_classes
from capsim.schools.staffing.teachers import taught_by
from capsim.year.state import State
from capsim.year.year import Year


def quality(county: County, state: State, year: Year) -> None:
    """Move school quality towards what teachers, classes, resources and groups imply."""
    schools, options = state.schools, county.scenario.quality
    if not options.change:
        return
    start, pupils = county.quality_start, schools.roll_by_level()
    groups = county.groups.in_year(state.year, pupils, state.schools.open_levels())
    means = SchoolMeans(
        taught=groups.share_teaching(taught_by(state.staff.quality_counts())),
        need=needed_by_classes(state.class_plan.classes, county.scenario.staffing),
        pupils=pupils,
        shared=shared_pupils(schools.roll, state.class_pupils),
        classes=state.class_plan.by_level(),
        resources=start.by_school.resources,
    )
    causes = quality_causes(means, start.reference, options, start.by_school)
    implied = start.own + causes.total() + groups.effect(schools.quality)
    schools.quality = next_quality(
        schools.quality,
        implied,
        open_cells=(pupils > 0) & schools.is_open[:, None],
        noise=state.quality_noise[state.year - county.scenario.years.base - 1],
        options=options,
    )
    state.quality_history.append(schools.quality)
