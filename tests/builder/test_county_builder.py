"""A county from totals: what is published is met exactly, the rest is plausible and repeatable."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.builder.county import build_county, init_from_totals, to_csv
from capsim.builder.marks import MARKS, marks_yaml
from capsim.builder.rounding import apportion, bounded, controlled_rounding
from capsim.builder.totals import Totals, read_totals
from capsim.core.errors import InvalidInput
from capsim.scenario.load import load

JIAJIANG = Path(__file__).parents[2] / "scenarios" / "jiajiang"
TEMPLATE = Path(__file__).parents[2] / "capsim" / "builder" / "template"


@pytest.fixture(scope="module")
def totals() -> Totals:
    return read_totals(JIAJIANG / "totals.yaml")


@pytest.fixture(scope="module")
def tables(totals) -> dict[str, pd.DataFrame]:
    return build_county(totals)


def changed(totals: Totals, **changes) -> Totals:
    return Totals.model_validate({**totals.model_dump(), **changes})


def by_kind(tables, column="settlement_kind"):
    kinds = tables["settlements"].set_index("settlement")["kind"]
    return tables["schools"].assign(settlement_kind=tables["schools"]["settlement"].map(kinds))


def test_the_committed_tables_are_what_the_builder_makes(tables):
    for name, table in tables.items():
        committed = (JIAJIANG / "tables" / f"{name}.csv").read_text(encoding="utf-8")
        assert committed == to_csv(table), name
    assert (JIAJIANG / "tables" / "columns.yaml").read_text(encoding="utf-8") == marks_yaml()


def test_reported_numbers_are_met_exactly(tables):
    schools, rolls, teachers = tables["schools"], tables["rolls"], tables["teachers"]
    kinds = schools["kind"].value_counts().to_dict()
    assert kinds.pop("teaching_point") == 24
    assert kinds == {"primary": 25, "junior": 17, "nine_year": 1, "complete_middle": 1}
    assert sum(kinds.values()) == 44
    assert rolls[rolls["grade"] <= 6]["pupils"].sum() == 11488
    assert rolls[rolls["grade"] >= 7]["pupils"].sum() == 6063
    assert teachers.groupby("level")["teachers"].sum().to_dict() == {"primary": 971, "junior": 748}
    for level, site, building in (("primary", 225600, 84900), ("junior", 236600, 98600)):
        assert schools[f"site_area_m2_{level}"].sum() == site
        assert schools[f"building_area_m2_{level}"].sum() == building
    assert len(tables["townships"]) == 22
    assert tables["settlements"]["population"].sum() == 315861


def test_grades_follow_the_cohorts(tables, totals):
    rolls = tables["rolls"]
    for level, grades in (("primary", range(1, 7)), ("junior", range(7, 10))):
        own = rolls[rolls["grade"].isin(grades)].groupby("grade")["pupils"].sum()
        exact = np.array(getattr(totals.grade_shares, level)) * totals.pupils.at(level)
        assert np.abs(own.to_numpy() - exact).max() < 1


def test_settlement_kinds_follow_the_urban_population(tables):
    people = tables["settlements"].groupby("kind")["population"].sum()
    assert people["village"] == 315861 - 125215
    assert people["county_town"] + people["township_seat"] == 125215


def test_rolls_are_plausible(tables):
    schools = by_kind(tables).set_index("school")
    rolls = tables["rolls"].groupby("school")["pupils"].sum()
    points = schools.index[schools["kind"] == "teaching_point"]
    assert rolls[points].between(5, 40).all()
    town_primary = schools.index[
        (schools["settlement_kind"] == "county_town") & (schools["kind"] == "primary")
    ]
    assert rolls[town_primary].between(400, 2000).all()
    assert rolls[town_primary].mean() > 800
    assert rolls.min() >= 5
    village = schools.index[
        (schools["settlement_kind"] == "village") & (schools["kind"] == "primary")
    ]
    assert rolls[village].between(30, 400).all()
    assert rolls[village].median() < 200


def test_town_schools_are_full_and_village_schools_are_not(tables):
    schools = by_kind(tables).set_index("school")
    rooms = schools["rooms_primary"] + schools["rooms_junior"]
    load_of = tables["rolls"].groupby("school")["pupils"].sum() / (rooms * 50)
    mean = load_of.groupby(schools["settlement_kind"]).mean()
    assert mean["county_town"] > 0.9
    assert mean["county_town"] > mean["township_seat"] > mean["village"]
    classes = tables["classes"].merge(tables["rolls"], on=["school", "grade"])
    classes = classes[classes["classes"] > 0]  # 0: the grade shares the class of a lower one
    size = classes["pupils"] / classes["classes"]
    town = classes["school"].map(schools["settlement_kind"]) == "county_town"
    assert size[town].mean() > 45 and size.max() <= 55


def test_tiny_grades_share_a_class(tables, totals):
    """Grades without a class of their own sit with the lower grades that hold one."""
    joined = tables["classes"].merge(tables["rolls"], on=["school", "grade"])
    shared = joined[(joined["classes"] == 0) & (joined["pupils"] > 0)]
    assert 0 < shared["pupils"].max() < totals.assumptions.shared_class_below
    for school, own in joined.sort_values("grade").groupby("school"):
        if school in set(shared["school"]):
            room_of = own["classes"].gt(0).cumsum()
            assert room_of.min() >= 1, school
            together = own.groupby(room_of)["pupils"].agg(["sum", "count"])
            several = together[together["count"] > 1]
            assert (several["sum"] <= totals.assumptions.largest_shared_class).all()
            assert (several["count"] <= 3).all()


def test_every_class_has_a_room_and_every_school_a_teacher(tables):
    schools = tables["schools"].set_index("school")
    classes = tables["classes"].assign(
        level=np.where(tables["classes"]["grade"] <= 6, "rooms_primary", "rooms_junior")
    )
    needed = classes.groupby(["school", "level"])["classes"].sum()
    for (school, column), count in needed.items():
        assert schools.loc[school, column] >= count
    assert set(tables["teachers"]["school"]) == set(schools.index)


def test_zones_are_single_and_complete(tables):
    zones = tables["zones"]
    assert not zones.duplicated(["settlement", "level"]).any()
    assert len(zones) == 2 * len(tables["settlements"])


def test_points_have_parents_in_their_township(tables):
    schools = tables["schools"].set_index("school")
    township = tables["settlements"].set_index("settlement")["township"]
    points = schools[schools["kind"] == "teaching_point"]
    for point in points.itertuples():
        parent = schools.loc[point.parent]
        assert parent["kind"] in ("primary", "nine_year")
        assert township[point.settlement] == township[parent["settlement"]]


def test_known_schools_stand_where_they_are_known(tables, totals):
    schools = tables["schools"].set_index("name_zh")
    township = tables["settlements"].set_index("settlement")["township"]
    for named in totals.school_names:
        row = schools.loc[named.name_zh]
        assert row["kind"] == named.kind
        assert township[row["settlement"]] == named.township


def test_settlements_lie_within_the_county(tables, totals):
    settlements = tables["settlements"]
    far = np.hypot(settlements["x_km"], settlements["y_km"])
    assert far.max() < np.sqrt(totals.place.area_km2 / np.pi) * 1.4
    assert not settlements.duplicated(["x_km", "y_km"]).any()


def test_building_twice_gives_the_same(tables, totals):
    for name, table in build_county(totals).items():
        pd.testing.assert_frame_equal(table, tables[name])


def test_another_seed_moves_villages_but_no_total(tables, totals):
    other = build_county(changed(totals, seed=2))
    assert not other["settlements"]["x_km"].equals(tables["settlements"]["x_km"])
    assert other["rolls"]["pupils"].sum() == tables["rolls"]["pupils"].sum()


def test_every_built_column_is_marked(tables):
    for name, table in tables.items():
        assert list(table.columns) == list(MARKS[name])
    marks = load(JIAJIANG / "baseline.yaml").tables().marks
    assert marks["schools", "rooms_primary"][0] == "assumed"
    assert {mark for mark, _ in marks.values()} <= {"reported", "derived", "assumed"}


def test_known_populations_of_townships_are_kept(totals):
    count = len(totals.townships)
    people = apportion(totals.residents.total - 120000, np.arange(count - 1, 0, -1) + 20)
    population = [120000, *people.tolist()]
    known = [
        {**t.model_dump(), "population": n}
        for t, n in zip(totals.townships, population, strict=True)
    ]
    built = build_county(changed(totals, townships=known))
    found = built["settlements"].groupby("township")["population"].sum()
    for township, n in zip(totals.townships, population, strict=True):
        assert found[township.township] == pytest.approx(n, rel=0.35)


@settings(max_examples=10, deadline=None)
@given(
    primary=st.integers(8, 30),
    junior=st.integers(3, 20),
    nine_year=st.integers(0, 3),
    points=st.integers(0, 8),
    pupils=st.integers(3000, 9000),
    seed=st.integers(0, 10**6),
)
def test_any_county_meets_its_totals(primary, junior, nine_year, points, pupils, seed):
    totals = changed(
        read_totals(TEMPLATE / "totals.yaml"),
        schools={"primary": primary, "junior": junior, "nine_year": nine_year,
                 "teaching_points": points},
        pupils={"primary": pupils, "junior": pupils // 2},
        teachers={"primary": pupils // 10, "junior": pupils // 14},
        seed=seed,
    )  # fmt: skip
    tables = build_county(totals)
    kinds = tables["schools"]["kind"].value_counts()
    assert (kinds.get("primary", 0), kinds.get("junior", 0)) == (primary, junior)
    assert (kinds.get("nine_year", 0), kinds.get("teaching_point", 0)) == (nine_year, points)
    rolls = tables["rolls"]
    assert rolls[rolls["grade"] <= 6]["pupils"].sum() == pupils
    assert rolls[rolls["grade"] > 6]["pupils"].sum() == pupils // 2
    assert rolls["pupils"].min() >= 0
    assert tables["settlements"]["population"].sum() == 96200
    staff = tables["teachers"].groupby("level")["teachers"].sum()
    assert staff.to_dict() == {"primary": pupils // 10, "junior": pupils // 14}


def test_impossible_totals_are_refused(totals):
    with pytest.raises(InvalidInput, match="teaching_points: 900 are too many"):
        many = {**totals.schools.model_dump(), "teaching_points": 900}
        build_county(changed(totals, schools=many))
    with pytest.raises(InvalidInput, match=r"pupils\.primary: cannot be spread over 26 schools"):
        build_county(changed(totals, pupils={"primary": 300, "junior": 6063}))
    with pytest.raises(InvalidInput, match=r"names 2 nine_year schools, schools\.nine_year is 1"):
        twice = [*totals.school_names, totals.school_names[-1]]
        build_county(changed(totals, school_names=[s.model_dump() for s in twice]))


def test_wrong_totals_name_the_line(tmp_path):
    text = (TEMPLATE / "totals.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "totals.yaml"
    broken.write_text(text.replace("nine_year: 1", "nine_years: 1"), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"totals\.yaml:\d+:3: schools\.nine_years: unknown key"):
        read_totals(broken)


def test_a_missing_census_stops_before_anything_is_written(tmp_path):
    text = (TEMPLATE / "totals.yaml").read_text(encoding="utf-8")
    (tmp_path / "totals.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"population\.csv: file not found"):
        init_from_totals(tmp_path / "totals.yaml", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_built_county_loads_and_can_be_built_again(tmp_path):
    written = init_from_totals(JIAJIANG / "totals.yaml", tmp_path / "a")
    assert all(path.is_file() for path in written)
    scenario = load(tmp_path / "a" / "baseline.yaml")
    assert scenario.tables().rolls["pupils"].sum() == 17551
    init_from_totals(tmp_path / "a" / "totals.yaml", tmp_path / "b")
    for path in (tmp_path / "a" / "tables").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / "tables" / path.name).read_bytes()


@given(
    st.integers(0, 10000),
    st.lists(st.floats(0.01, 1000), min_size=1, max_size=30),
    st.integers(0, 3),
)
def test_apportion_keeps_the_total_and_the_least(total, weights, least):
    if least * len(weights) > total:
        with pytest.raises(ValueError, match="cannot be split"):
            apportion(total, weights, least)
        return
    parts = apportion(total, weights, least)
    assert parts.sum() == total and parts.min() >= least
    if least == 0:
        exact = np.array(weights) / sum(weights) * total
        assert np.abs(parts - exact).max() < 1


def test_apportion_by_hand():
    # 10 by 1 : 1 : 1 is 3.33 each; the first gets the remainder.
    assert apportion(10, [1, 1, 1]).tolist() == [4, 3, 3]
    # 5.6, 3.2, 1.2: the largest remainder is 0.6.
    assert apportion(10, [56, 32, 12]).tolist() == [6, 3, 1]
    assert apportion(10, [90, 9, 1], least=2).tolist() == [6, 2, 2]


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=20), st.floats(0, 1))
def test_bounded_keeps_total_and_limits(weights, position):
    low, high = 2.0, 50.0
    total = len(weights) * (low + position * (high - low))
    parts = bounded(total, weights, low, high)
    assert parts.sum() == pytest.approx(total, rel=1e-6)
    assert parts.min() >= low and parts.max() <= high
    order = np.argsort(weights)
    assert (np.diff(parts[order]) >= -1e-9).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_controlled_rounding_keeps_rows_and_columns(rows, columns, seed):
    rng = np.random.default_rng(seed)
    row_sums = rng.integers(0, 60, rows)
    shares = rng.dirichlet(np.ones(columns))
    column_sums = apportion(int(row_sums.sum()), shares)
    exact = row_sums[:, None] * column_sums[None, :] / max(row_sums.sum(), 1)
    whole = controlled_rounding(exact, rng.random(exact.shape))
    assert (whole.sum(axis=1) == row_sums).all()
    assert (whole.sum(axis=0) == column_sums).all()
    assert np.abs(whole - exact).max() < 1


def test_totals_in_gb18030_build_the_same(tmp_path):
    text = (TEMPLATE / "totals.yaml").read_text(encoding="utf-8")
    (tmp_path / "totals.yaml").write_bytes(text.encode("gb18030"))
    (tmp_path / "population.csv").write_bytes((TEMPLATE / "population.csv").read_bytes())
    init_from_totals(tmp_path / "totals.yaml", tmp_path / "县")
    assert "示例县" in (tmp_path / "县" / "totals.yaml").read_text(encoding="utf-8")
    assert load(tmp_path / "县" / "baseline.yaml").place.name_zh == "示例县"
