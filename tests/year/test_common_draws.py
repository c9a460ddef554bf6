"""Common random numbers in the whole model: scenarios differ by policy and not by luck.

Two areas lie 200 km apart, each with two primary schools and a junior school that families of the
area list and draw lots for. A policy in the one leaves seats, zones and rules of the other alone,
and families list the nearest schools only, so that no list runs from one to the other. There is no
county town to move to; what still joins the areas is the county's staff, which goes where it lacks.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import capsim
from capsim.choice.utility import submitted_lists
from capsim.core.draws import stream
from capsim.county.county import County, build_county
from capsim.year import wish
from capsim.year.model import CountyModel

BASE, HORIZON = 2020, 2024
REPLICATES = 12
HOMES = ((0, "township_seat"), (1, "village"), (3, "village"), (5, "village"))
SCHOOLS = (("p1", "primary", 0), ("p2", "primary", 2), ("j", "junior", 0))
TRAITS = ("household", "settlement", "sex", "registration", "income", "boards")
FIRST_YEAR = BASE + 1


def tables() -> dict[str, pd.DataFrame]:
    """Areas a and b, mirror images; homes along a road, 160 children an age in all."""
    settlements, schools, rolls, teachers, zones = [], [], [], [], []
    for area, x in (("a", 0.0), ("b", 200.0)):
        for k, (km, kind) in enumerate(HOMES):
            home = {"settlement": f"{area}{k}", "township": area.upper(), "kind": kind}
            settlements.append({**home, "x_km": x + km, "y_km": 0.0, "population": 1_500})
        for name, kind, at in SCHOOLS:
            school, level = area + name, "junior" if kind == "junior" else "primary"
            rooms = {"rooms_primary": 0, "rooms_junior": 0, f"rooms_{level}": 7}
            schools.append({"school": school, "kind": kind, "settlement": f"{area}{at}", **rooms})
            grades, pupils = (range(7, 10), 74) if kind == "junior" else (range(1, 7), 36)
            rolls += [{"school": school, "grade": g, "pupils": pupils} for g in grades]
            staff = {"school": school, "level": level, "teachers": 3}
            teachers += [{**staff, "sex": "female", "age": age} for age in range(30, 55, 4)]
            homes = range(len(HOMES))
            zones += [{"settlement": f"{area}{k}", "level": level, "school": school} for k in homes]
    people = [
        {"date": f"{BASE}-08-31", "area": "Twins", "sex": sex, "age": age, "persons": persons}
        for sex in ("female", "male")
        for age, persons in [*((str(a), 82 if a < 20 else 75) for a in range(80)), ("80+", 100)]
    ]
    frames = zip(
        ("settlements", "schools", "rolls", "teachers", "zones", "population"),
        (settlements, schools, rolls, teachers, zones, people),
        strict=True,
    )
    return {name: pd.DataFrame(rows) for name, rows in frames}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    at = tmp_path_factory.mktemp("twins")
    (at / "tables").mkdir()
    for name, table in tables().items():
        table.to_csv(at / "tables" / f"{name}.csv", index=False)
    (at / "base.yaml").write_text(
        f"""
schema_version: 1
name: base
place: {{name: Twins, name_zh: 双区县, code: "510000", area_km2: 400}}
years: {{base: {BASE}, horizon: {HORIZON}}}
data: {{zones: zones.csv}}
enrolment: {{zones: multi, tie_break: lottery, class_cap: {{primary: 45, junior: 50}}}}
choice: {{candidates: 2}}
participation:
  primary: {{private: 0.0, out_of_county: 0.05}}
  junior: {{private: 0.0, out_of_county: 0.05}}
""",
        encoding="utf-8",
    )
    return at


@pytest.fixture(scope="module")
def base(folder: Path) -> capsim.Scenario:
    return capsim.load(folder / "base.yaml")


def with_new_school(base: capsim.Scenario) -> capsim.Scenario:
    """A third primary school in area a, open from the first year."""
    new = {
        "kind": "build", "project": "new", "school": "ap3", "school_kind": "primary",
        "settlement": "a3", "rooms_primary": 6, "start_year": FIRST_YEAR,
        "lead_time": {"low_months": 0, "high_months": 0},
    }  # fmt: skip
    return base.with_({"programme": {"projects": [new]}}, name="new school")


def model_of(county: County, years: int = 0, replicate: int = 0) -> CountyModel:
    model = CountyModel(county, replicate)
    for _ in range(years):
        model.step()
    return model


# ---------------------------------------------------------------------------- variance


def test_luck_of_untouched_areas_cancels(base):
    """At most 5 % of the variance is left in area b where only area a gets a school."""
    plan = with_new_school(base)
    common = capsim.run([base, plan], replicates=REPLICATES).data
    other = capsim.run(plan.with_({"seed": base.seed + 1}), replicates=REPLICATES).data
    areas = common["planning_area"].values.astype(str)
    of_b = [k for k, area in enumerate(areas) if area.lower().endswith("b")]
    assert len(areas) == 4 and len(of_b) == 2
    for name in ("roll", "entrants", "demand", "quality"):
        before = common[name].sel(scenario="base")
        twin, alone = common[name].sel(scenario="new school"), other[name].isel(scenario=0)
        paired, unpaired = (
            figures_of_b(after, of_b) - figures_of_b(before, of_b) for after in (twin, alone)
        )
        left, whole = paired.var(axis=0, ddof=1), unpaired.var(axis=0, ddof=1)
        assert whole.max() > 0, name
        share = left.sum() / whole.sum()
        assert share <= 0.05, (name, share)
    # The policy does something where it is meant to.
    moved = common["roll"].sel(scenario="new school") - common["roll"].sel(scenario="base")
    assert np.abs(moved.sel(school=["ap1", "ap2"]).sel(year=HORIZON)).max() > 10


def figures_of_b(array, areas) -> np.ndarray:
    """Figures of area b in all years, one row a replicate."""
    if "planning_area" in array.dims:
        array = array.isel(planning_area=areas)
    else:
        array = array.sel(school=["bp1", "bp2", "bj"])
    rows = array.sel(year=slice(FIRST_YEAR, None)).transpose("replicate", ...).values
    return np.nan_to_num(rows.reshape(len(rows), -1)).astype(np.float64)


# ------------------------------------------------------------------------- more schools


def test_a_new_school_changes_no_draw_and_no_order_of_the_others(base):
    plan = with_new_school(base)
    models = [model_of(build_county(s, replicates=1), years=1) for s in (base, plan)]
    children = [m.state.families for m in models]
    for name in ("identity", "cohort", "destination", *TRAITS):
        before, after = (getattr(families, name) for families in children)
        np.testing.assert_array_equal(before, after, err_msg=name)
    lists = [first_lists(model) for model in models]
    longer = 0
    for before, after in zip(*lists, strict=True):
        old = [school for school in after if school != "ap3"]
        assert [s for s in before if s in old] == [s for s in old if s in before]
        longer += "ap3" in after
    assert longer > 30


def first_lists(model: CountyModel) -> list[list[str]]:
    """Names of the schools on the lists of the year's entrants, best first."""
    rows = np.flatnonzero(model.state.families.grade(model.state.year) == 1)
    families, ways = model.state.families, model.state.choice_sets.by_level[0]
    lists = submitted_lists(
        wish.utility_of_candidates(model.county, model.state, 0),
        ways.candidates,
        ways.words,
        settlement=families.settlement[rows],
        income=families.income[rows],
        identity=families.identity[rows],
        taste=stream(model.county.scenario.seed, model.state.replicate, "taste primary", 0),
    )
    ids = model.state.schools.ids
    return [[ids[k] for k in row if k >= 0] for row in lists]


# ------------------------------------------------------------------------ more families


def test_another_family_changes_nobody_elses_draws(base):
    """Five more children of one cohort in one settlement; everybody else is as before."""
    county = build_county(base, replicates=1)
    plain, larger = model_of(county), model_of(county)
    home = county.geography.settlements.index("b0")
    cell = county.geography.cell[home]
    assert (county.geography.cell == cell).sum() == 1
    add_births(larger, cell, 5.0)
    for model in (plain, larger):
        for _ in range(3):
            model.step()
    # Everybody who is in the plain county is in the larger one, with the same draws.
    among = np.isin(larger.state.families.identity, plain.state.families.identity)
    more = larger.state.families.take(~among)
    assert 1 <= len(more) <= 5
    assert set(more.settlement) == {home} and set(more.cohort) == {FIRST_YEAR}
    same = larger.state.families.take(among)
    order, known = np.argsort(same.identity), np.argsort(plain.state.families.identity)
    for name in ("identity", "cohort", "destination", *TRAITS):
        before, after = getattr(plain.state.families, name)[known], getattr(same, name)[order]
        np.testing.assert_array_equal(before, after, err_msg=name)
    # Where the newcomers compete for no seat, nobody's school changes either.
    of_a = plain.state.families.settlement[known] < len(HOMES)
    np.testing.assert_array_equal(
        plain.state.families.school[known][of_a], same.school[order][of_a]
    )


def add_births(model: CountyModel, cell: int, children: float) -> None:
    """Let a cell have more children who reach six in the coming year."""
    advance = model.state.population.advance

    def advance_with_more(year: int) -> np.ndarray:
        cohort = advance(year).copy()
        if year == FIRST_YEAR:
            cohort[cell] += children / 2
        return cohort

    model.state.population.advance = advance_with_more
