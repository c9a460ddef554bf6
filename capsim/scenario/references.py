"""Schools and places that a scenario names must be in its tables or be built by its programme."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from capsim.core.errors import Problems
from capsim.scenario.options.projects import Build
from capsim.scenario.schema import Scenario
from capsim.scenario.text_files import did_you_mean
from capsim.scenario.yaml_tree import Tree, place_of
from capsim.tables.county_tables import Tables
from capsim.texts import text

Path = tuple[str | int, ...]
Named = Iterator[tuple[Path, str]]


def check_references(scenario: Scenario, tables: Tables, tree: Tree, problems: Problems) -> None:
    """Name every school and settlement of a scenario that does not exist.

    Parameters
    ----------
    scenario : Scenario
        The validated scenario.
    tables : Tables
        Its tables.
    tree : Tree
        The merged files, for the lines.
    problems : Problems
        Receives every fault.
    """
    built = {p.school for p in scenario.programme.projects if isinstance(p, Build)}
    schools = {*tables.schools["school"], *built}
    settlements = set(tables.settlements["settlement"])
    _check(_schools(scenario), schools, "school", tree, problems)
    _check(_settlements(scenario), settlements, "settlement", tree, problems)


def _check(named: Named, known: Collection[str], what: str, tree: Tree, problems: Problems) -> None:
    for path, name in named:
        if name not in known:
            where, _ = place_of(tree, path)
            key = ".".join(str(part) for part in path)
            problems.add_text(
                f"{where}: {key}",
                "link.unknown",
                thing=text(f"messages.thing.{what}"),
                name=name,
                remedy=did_you_mean(name, known),
            )


def _schools(scenario: Scenario) -> Named:
    """Every school that a scenario names, with its key."""
    for i, project in enumerate(scenario.programme.projects):
        at: Path = ("programme", "projects", i)
        if not isinstance(project, Build):
            yield (*at, "school"), project.school
        receiver = getattr(project, "receiver", None)
        if receiver is not None:
            yield (*at, "receiver"), receiver
        for j, school in enumerate(getattr(project, "transfer_from", ())):
            yield (*at, "transfer_from", j), school
    for i, feeder in enumerate(scenario.enrolment.feeders):
        yield ("enrolment", "feeders", i, "primary"), feeder.primary
        yield ("enrolment", "feeders", i, "junior"), feeder.junior
    for i, reserve in enumerate(scenario.enrolment.reserves):
        yield ("enrolment", "reserves", i, "school"), reserve.school
    for i, group in enumerate(scenario.groups.groups):
        yield ("groups", "groups", i, "lead"), group.lead
        for j, school in enumerate(group.members):
            yield ("groups", "groups", i, "members", j), school


def _settlements(scenario: Scenario) -> Named:
    """Every settlement that a scenario names, with its key."""
    for i, project in enumerate(scenario.programme.projects):
        if isinstance(project, Build):
            yield ("programme", "projects", i, "settlement"), project.settlement
            for j, place in enumerate(project.zone_settlements):
                yield ("programme", "projects", i, "zone_settlements", j), place
    for i, reserve in enumerate(scenario.enrolment.reserves):
        for j, place in enumerate(reserve.settlements):
            yield ("enrolment", "reserves", i, "settlements", j), place
