"""Whether the pupils of schools that end have somewhere to go."""

from __future__ import annotations

from capsim.scenario.options.programme import Close, Convert, Merge, Project
from capsim.schools.programme.projects import GRADES_OF_KIND
from capsim.schools.programme.sites import ALWAYS, Plan


def check_receiver(plan: Plan, index: int, project: Project) -> None:
    """Check that who receives is another school, in range, that teaches the grades and lasts."""
    receiver = getattr(project, "receiver", None)
    if receiver is None:
        if isinstance(project, Convert) and not project.gradual and plan.ended_grades(project):
            _anyone_near(plan, index, project)
        if isinstance(project, Close) and not project.gradual:
            _anyone_near(plan, index, project)
        return
    if receiver == project.school:
        plan.add(index, "receiver", "the school is its own receiver")
        return
    _receiver_teaches(plan, index, project, receiver)
    distance = plan.distance_km(project.school, receiver)
    keeps = isinstance(project, Merge) and project.keep_rooms
    if distance > plan.options.merger_limit_km and not keeps:
        plan.add(
            index,
            "receiver",
            f"receiver {receiver!r} is {distance:.1f} km away by road, out of range",
            f"merger_limit_km is {plan.options.merger_limit_km:g}",
        )
    first, last = plan.years_of(project)
    if last < plan.opening.get(receiver, (ALWAYS, ALWAYS))[0]:
        plan.warn(index, "receiver", f"{receiver!r} is not open by {last}: the project waits")
    _receiver_lasts(plan, index, first, receiver)


def _receiver_teaches(plan: Plan, index: int, project: Project, receiver: str) -> None:
    """The receiver must teach the grades that end, unless it gets the campus too."""
    if isinstance(project, Merge) and project.keep_rooms:
        return
    ended = plan.ended_grades(project)
    taught = set(plan.sites[receiver].grades)
    for other in plan.options.projects:
        # A receiver may begin to teach these grades by the programme itself.
        if isinstance(other, Convert) and other.school == receiver:
            taught |= set(GRADES_OF_KIND[other.to])
        if isinstance(other, Merge) and other.receiver == receiver and other.keep_rooms:
            taught |= set(plan.sites[other.school].grades if other.school in plan.sites else ())
    missing = sorted(ended - taught)
    if missing:
        grades = ", ".join(str(g) for g in missing)
        plan.add(index, "receiver", f"receiver {receiver!r} does not teach grade(s) {grades}")


def _receiver_lasts(plan: Plan, index: int, first: int, receiver: str) -> None:
    """A receiver that ends before must hand on to another one."""
    for ending in plan.endings.get(receiver, []):
        other = plan.options.projects[ending.index].project
        if ending.latest < first and ending.receiver is None:
            plan.add(
                index,
                "receiver",
                f"receiver {receiver!r} has ended by {ending.latest} ({other!r}) "
                "without a receiver of its own",
            )
        elif ending.earliest <= first:
            plan.warn(
                index,
                "receiver",
                f"receiver {receiver!r} itself ends ({other!r}); its receiver is used",
            )


def _anyone_near(plan: Plan, index: int, project: Project) -> None:
    """Without a named receiver, some school in range must teach each grade that ends."""
    near: set[int] = set()
    for name, site in plan.sites.items():
        ends = plan.endings.get(name)
        if name != project.school and not ends:
            distance = plan.distance_km(project.school, name)
            if distance <= plan.options.merger_limit_km:
                near |= set(site.grades)
    missing = sorted(plan.ended_grades(project) - near)
    if missing:
        grades = ", ".join(str(g) for g in missing)
        plan.add(
            index,
            "receiver",
            f"no receiver in range: no other school within "
            f"{plan.options.merger_limit_km:g} km by road teaches grade(s) {grades}",
        )


def check_circles(plan: Plan) -> None:
    """Follow receivers; a circle leaves nobody to receive."""
    successor = {s: e[0].receiver for s, e in plan.endings.items() if e[0].receiver != s}
    for school in successor:
        seen = [school]
        following = successor[school]
        while following in successor and following not in seen:
            seen.append(following)
            following = successor[following]
        if following == school:
            circle = " -> ".join([*seen, school])
            plan.add(plan.endings[school][0].index, "receiver", f"receivers in a circle: {circle}")
