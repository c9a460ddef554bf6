"""Kindergarten rolls move the cohorts in kindergarten: by how much, where, when, and exactly."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import capsim
from capsim.cli.app import main
from capsim.core.errors import InvalidInput
from capsim.county.county import County, build_county
from capsim.county.preschool import CohortSignal
from capsim.reporting.run_folder import write_tables
from capsim.scenario.schema import Scenario
from capsim.texts import Message
from capsim.year.model import CountyModel

FOLDER = Path(__file__).parents[2] / "scenarios" / "jiajiang"
TABLE = {"data.preschool": "preschool.csv", "years.horizon": 2024,
         "demography.births.stress_paths": []}  # fmt: skip
STILL = {
    **TABLE,
    "choice.moving.enabled": False,
    "choice.leaving.enabled": False,
    "demography.mortality": "none",
    "demography.migration.outside": "none",
    "demography.migration.village_to_town": 0.0,
    "demography.migration.village_to_seat": 0.0,
    "demography.migration.seat_to_town": 0.0,
    "participation.primary": {"private": 0.0, "out_of_county": 0.0},
    "participation.junior": {"private": 0.0, "out_of_county": 0.0},
}
SURE = {
    "demography.preschool.weight": [1.0, 1.0, 1.0],
    "demography.preschool.error": [0.0, 0.0, 0.0],
    "demography.preschool.township_error": [0.0, 0.0, 0.0],
}
# Grades 3, 2 and 1 of 2017 are the entrants of 2015, 2016 and 2017 where nobody leaves.
ENTRANTS = {2015: 1904, 2016: 1904, 2017: 2076}
TOWNSHIPS = tuple(
    pd.read_csv(FOLDER / "tables" / "townships.csv", encoding="utf-8-sig")["township"]
)
Rows = list[tuple[int, str, int, float]]


def history(ratio: float = 1.0) -> Rows:
    """Rolls of the county that past entrants follow at the same ratio from every age."""
    return [
        (entry - ahead, "*", 6 - ahead, number * ratio)
        for entry, number in ENTRANTS.items()
        for ahead in (1, 2, 3)
    ]


def placed(tmp_path: Path, rows: Rows | None, changes: Mapping[str, object]) -> Scenario:
    folder = tmp_path / "place"
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    every = dict(changes)
    if rows is None:
        every.pop("data.preschool")
    else:
        table = pd.DataFrame(rows, columns=["year", "area", "age", "pupils"])
        table["pupils"] = table["pupils"].round().astype(int)
        table.to_csv(folder / "tables" / "preschool.csv", index=False)
    return capsim.load(folder / "baseline.yaml", every)


def county_with(tmp_path: Path, rows: Rows | None, changes: Mapping[str, object]) -> County:
    return build_county(placed(tmp_path, rows, changes), replicates=2)


def cohorts(county: County, years: int, replicate: int = 0) -> list[float]:
    """Children who turn six in each of the first years, unrounded."""
    model = CountyModel(county, replicate)
    found = []
    for _ in range(years):
        model.step()
        found.append(float(model.state.population.persons[:, :, 6].sum()))
    return found


def expected(county: County, years: int) -> list[float]:
    """The same before the rounding to children, from the projection alone."""
    model = CountyModel(county, 0)
    return [
        float(model.state.population.advance(county.scenario.years.base + i + 1).sum())
        for i in range(years)
    ]


def test_a_cohort_is_the_roll_times_the_ratio_at_full_weight(tmp_path: Path) -> None:
    """Twice as many in kindergarten as entered: 5,000 of age 5 are 2,500 entrants."""
    rows = [*history(2.0), (2017, "*", 5, 5000), (2017, "*", 4, 4800), (2017, "*", 3, 5200)]
    county = county_with(tmp_path, rows, {**STILL, **SURE})
    plain = county_with(tmp_path, None, {**STILL, **SURE})
    assert expected(county, 3) == pytest.approx([2500.0, 2400.0, 2600.0])
    later = (expected(county, 5)[3:], expected(plain, 5)[3:])
    assert later[0] == pytest.approx(later[1], rel=1e-12)


def test_the_weight_is_that_of_the_roll_against_the_model(tmp_path: Path) -> None:
    rows = [*history(), (2017, "*", 5, 2500), (2017, "*", 4, 2500), (2017, "*", 3, 2500)]
    weight = {"demography.preschool.weight": [0.8, 0.5, 0.0]}
    plain = expected(county_with(tmp_path, None, STILL), 3)
    moved = expected(county_with(tmp_path, rows, {**STILL, **SURE, **weight}), 3)
    by_hand = [0.8 * 2500 + 0.2 * plain[0], 0.5 * 2500 + 0.5 * plain[1], plain[2]]
    assert moved == pytest.approx(by_hand)


def test_more_in_kindergarten_are_more_entrants_and_fewer_are_fewer(tmp_path: Path) -> None:
    plain = cohorts(county_with(tmp_path, None, TABLE), 2)
    for factor, sign in ((1.3, 1), (0.5, -1)):
        rows = [*history(), (2017, "*", 5, 2000 * factor)]
        moved = cohorts(county_with(tmp_path, rows, {**TABLE, **SURE}), 2)
        assert sign * (moved[0] - plain[0]) > 50
        assert moved[1] == pytest.approx(plain[1])


def test_deaths_migration_and_moves_on_the_way_are_not_counted_twice(tmp_path: Path) -> None:
    """Those who die, leave or move before they turn six are in the ratio already."""
    rows = [*history(), (2017, "*", 5, 2100), (2017, "*", 4, 2200), (2017, "*", 3, 2300)]
    share = {"private": 0.1, "out_of_county": 0.1}
    changes = {
        **TABLE, **SURE, "demography.migration.preschool_per_year": -0.03,
        "choice.leaving.enabled": False, "participation.primary": share,
    }  # fmt: skip
    county = county_with(tmp_path, rows, changes)
    # Without leaving, grades 2 and 3 are survivors of deaths alone: ratios differ a little from 1.
    found = {s.entry: s for signals in county.preschool.signals.values() for s in signals}
    assert [found[y].ratio for y in (2018, 2019, 2020)] == pytest.approx([1.0] * 3, abs=2e-3)
    by_hand = [roll * found[2018 + i].ratio / 0.8 for i, roll in enumerate((2100, 2200, 2300))]
    assert [found[y].children for y in (2018, 2019, 2020)] == pytest.approx(by_hand)
    # Ratios that are not quite alike leave a small error, which is drawn.
    assert expected(county, 3) == pytest.approx(by_hand, rel=1e-3)


def test_leaving_before_grade_1_and_arrivals_are_in_the_ratio(tmp_path: Path) -> None:
    rows = [*history(), (2017, "*", 5, 2100)]
    rates = [0.05] + [0.0] * 8
    changes = {**STILL, **SURE, "choice.leaving.enabled": True,
               "choice.leaving.leave_by_grade": [0.02] + [0.0] * 8,
               "choice.leaving.drop_out_by_grade": [0.0] * 9,
               "choice.arriving.rate_by_grade": rates}  # fmt: skip
    first = expected(county_with(tmp_path, rows, changes), 1)
    assert first == pytest.approx([2100 / (0.98 * 1.05)])


def test_switched_off_it_changes_no_array(tmp_path: Path) -> None:
    rows = [*history(), (2017, "*", 5, 3000)]
    off = {"demography.preschool.weight": [0.0, 0.0, 0.0], "years.horizon": 2019}
    later = [(2021, "*", 5, 3000.0), (2020, "*", 5, 3000.0)]
    plain = capsim.run(placed(tmp_path, None, {**TABLE, **off}), replicates=1).data
    switched = capsim.run(placed(tmp_path, rows, {**TABLE, **off}), replicates=1).data
    ratio = {"demography.preschool.ratio": [1.0] * 3, "years.horizon": 2019,
             "information_date": "2020-11-01"}  # fmt: skip
    unknown = [row for row in later if row[0] > 2020]
    too_late = capsim.run(placed(tmp_path, unknown, {**TABLE, **ratio}), replicates=1)
    for other in (switched, too_late.data):
        assert "preschool_change" not in other
        assert set(other.data_vars) == set(plain.data_vars)
        for name in plain.data_vars:
            np.testing.assert_array_equal(plain[name].values, other[name].values, name)
    notes = too_late.provenance["notes"]["baseline"]
    assert any("all are later than 2020-11-01" in note["text"] for note in notes)


@pytest.mark.parametrize(("date", "used"), [("2018-08-31", False), ("2018-09-01", True)])
def test_rolls_after_the_information_date_are_not_used(
    tmp_path: Path, date: str, used: bool
) -> None:
    """The roll of September 2018 moves the residents of 2018 and so the entrants of 2019."""
    rows = [*history(), (2017, "*", 5, 2500), (2018, "*", 5, 3000)]
    changes = {**STILL, **SURE, "information_date": date,
               "data.population": ["population_2010.csv"]}  # fmt: skip
    county = county_with(tmp_path, rows, changes)
    plain = expected(county_with(tmp_path, None, changes), 2)
    found = expected(county, 2)
    assert found[0] == pytest.approx(2500.0)
    assert found[1] == pytest.approx(3000.0 if used else plain[1])
    assert sorted(county.preschool.signals) == ([2017, 2018] if used else [2017])


def test_an_older_roll_serves_until_a_later_one_is_known(tmp_path: Path) -> None:
    """Age 4 in 2016 enters in 2018, two years after: with the ratio and weight of two years."""
    rows = [*history(), (2016, "*", 4, 2400)]
    weight = {"demography.preschool.weight": [0.9, 0.5, 0.1]}
    plain = expected(county_with(tmp_path, None, STILL), 1)[0]
    found = expected(county_with(tmp_path, rows, {**STILL, **SURE, **weight}), 1)
    assert found == pytest.approx([0.5 * 2400 + 0.5 * plain])


def by_township(rows: Rows, shares: np.ndarray) -> Rows:
    return [(year, name, age, count * share) for year, _, age, count in rows
            for name, share in zip(TOWNSHIPS, shares, strict=True)]  # fmt: skip


def homes_of(county: County) -> np.ndarray:
    """Six-year-olds of the next year by township of the home, as the projection has them."""
    model = CountyModel(county, 0)
    cohort = model.state.population.advance(2018).sum(axis=1)
    return np.bincount(county.geography.cell_township, weights=cohort, minlength=len(TOWNSHIPS))


def test_townships_follow_the_change_of_their_rolls_not_their_level(tmp_path: Path) -> None:
    """A town whose kindergartens take the children of others keeps its share of homes."""
    none = {"demography.preschool.prior_children": 0.0, "demography.preschool.weight": [1.0, 0, 0]}
    changes = {**STILL, **SURE, **none}
    # Half of all kindergarten children attend in the first township, wherever they live.
    shares = np.full(len(TOWNSHIPS), 0.5 / (len(TOWNSHIPS) - 1))
    shares[0] = 0.5
    past = by_township([(y, a, g, n * 100) for y, a, g, n in history()], shares)
    same = by_township([(2017, "*", 5, 250_000)], shares)
    before = homes_of(county_with(tmp_path, None, changes))
    after = homes_of(county_with(tmp_path, [*past, *same], changes))
    assert after.sum() == pytest.approx(2500.0, rel=1e-4)
    # Homes of past cohorts are whole children, rounded by settlement: a few in a hundred.
    np.testing.assert_allclose(after / after.sum(), before / before.sum(), rtol=3e-2)
    # Twice the children in the kindergartens of one township, the same number in all.
    shares[3] *= 2
    more = by_township([(2017, "*", 5, 250_000)], shares)
    moved = homes_of(county_with(tmp_path, [*past, *more], changes))
    relative = moved / before
    assert relative[3] / relative[5] == pytest.approx(2.0, rel=3e-2)
    still = homes_of(
        county_with(tmp_path, [*past, *more], {**changes, "demography.preschool.by": "county"})
    )
    np.testing.assert_allclose(still / still.sum(), before / before.sum(), rtol=1e-9)


def signal(**changes: object) -> CohortSignal:
    settings: dict[str, object] = {
        "entry": 2018, "roll_year": 2017, "children": 300.0, "ratio": 1.0, "weight": 1.0,
        "error": 0.0, "township_error": 0.0, "pupils": np.array([100.0, 100.0]),
        "homes": np.array([1.0, 1.0]),
    }  # fmt: skip
    return CohortSignal(**{**settings, **changes})  # type: ignore[arg-type]


def test_partial_pooling_of_townships_by_hand() -> None:
    """Rolls say 100 and 100 where 150 and 50 are modelled; at 100 prior children half of that.

    The county's level is 200 / 200; apart -1/3 and +1, half of it: 125 and 75, in all 300.
    """
    modelled, still = np.array([150.0, 50.0]), np.zeros(2)
    whole = signal().factors(modelled, 0.0, 0.0, still)
    np.testing.assert_allclose(whole * modelled, [150.0, 150.0])
    half = signal().factors(modelled, 100.0, 0.0, still)
    np.testing.assert_allclose(half * modelled, np.array([125.0, 75.0]) * 1.5)


def test_a_township_without_children_or_without_a_roll_follows_the_county() -> None:
    modelled = np.array([150.0, 50.0, 100.0])
    told = signal(pupils=np.array([100.0, 0.0, 100.0]), homes=np.array([1.0, np.nan, 1.0]))
    factors = told.factors(modelled, 0.0, 0.0, np.zeros(3))
    assert (factors * modelled).sum() == pytest.approx(300.0)
    # Level of the two that are known: 200 / 250; the other moves as they do together.
    np.testing.assert_allclose(factors * modelled, [125.0, 50.0, 125.0])
    assert signal().factors(np.zeros(2), 0.0, 0.0, np.zeros(2)).tolist() == [1.0, 1.0]


def test_errors_leave_the_mean_and_townships_leave_the_county() -> None:
    normals = np.random.default_rng(1).normal(size=(4000, 3))
    modelled = np.array([200.0, 100.0])
    apart = signal(township_error=0.2)
    totals = [(apart.factors(modelled, 0.0, 0.0, z[1:]) * modelled).sum() for z in normals[:50]]
    assert totals == pytest.approx([300.0] * 50)
    wide = signal(error=0.1, weight=0.5)
    drawn = np.array(
        [(wide.factors(modelled, 0.0, float(z[0]), z[1:]) * modelled).sum() for z in normals]
    )
    rolls = (drawn - 150.0) / 0.5
    assert np.log(rolls).std() == pytest.approx(0.1, rel=0.05)
    assert rolls.mean() == pytest.approx(300.0, abs=4 * 30 / np.sqrt(len(normals)))


@given(
    modelled=arrays(np.float64, 4, elements=st.floats(0.0, 500.0)),
    pupils=arrays(np.float64, 4, elements=st.floats(0.0, 500.0)),
    homes=arrays(np.float64, 4, elements=st.one_of(st.floats(0.0, 3.0), st.just(np.nan))),
    own=arrays(np.float64, 4, elements=st.floats(-3.0, 3.0)),
    weight=st.floats(0.0, 1.0),
    prior=st.floats(0.0, 300.0),
)
def test_the_county_gets_what_its_roll_says_whatever_townships_say(
    modelled: np.ndarray, pupils: np.ndarray, homes: np.ndarray, own: np.ndarray, weight: float,
    prior: float,
) -> None:  # fmt: skip
    told = signal(pupils=pupils, homes=homes, weight=weight, township_error=0.1)
    factors = told.factors(modelled, prior, 0.0, own)
    assert np.isfinite(factors).all()
    assert (factors >= 0.0).all()
    assume(modelled.sum() > 1e-3)
    total = (1.0 - weight) * modelled.sum() + weight * 300.0
    assert (factors * modelled).sum() == pytest.approx(total, rel=1e-5)


def test_entry_years_that_do_not_count_are_left_out_of_the_ratio(tmp_path: Path) -> None:
    rows = [*history(), (2017, "*", 5, 2500)]
    rows[3] = (2015, "*", 5, 1.0)
    changes = {**STILL, **SURE, "coverage.exclude_years": [2016]}
    assert expected(county_with(tmp_path, rows, changes), 1) == pytest.approx([2500.0])


def test_replicates_differ_by_the_error_of_the_roll(tmp_path: Path) -> None:
    rows = [*history(), (2017, "*", 5, 2500)]
    county = county_with(tmp_path, rows, STILL)
    told = [county.preschool.corrected(county.persons, 2017, r) for r in range(300)]
    drawn = np.array([t[:, :, 5].sum() for t in told])
    other = np.array([np.delete(t, 5, axis=2).sum() for t in told])
    assert np.ptp(other) == 0.0
    plain = county.persons[:, :, 5].sum()
    rolls = (drawn - 0.2 * plain) / 0.8
    # No misses in three entry years, two of them forecast: sqrt(3 / 5) of the assumed 3 %.
    assert np.log(rolls).std() == pytest.approx(0.03 * np.sqrt(3 / 5), rel=0.15)
    again = county.preschool.corrected(county.persons, 2017, 7)
    np.testing.assert_array_equal(again, told[7])


def test_the_accounts_of_children_balance_township_by_township(tmp_path: Path) -> None:
    """Where nobody dies or moves, those of next year are those of this year and the change."""
    shares = np.linspace(1, 3, len(TOWNSHIPS))
    now: Rows = [(2017, "*", age, 2500) for age in (3, 4, 5)]
    rows = by_township([*history(), *now], shares / shares.sum())
    scenario = placed(tmp_path, rows, {**STILL, "years.horizon": 2020})
    plain = placed(tmp_path / "plain", None, {**STILL, "years.horizon": 2020})
    both = capsim.run([plain.with_({}, name="plain"), scenario], replicates=2).data
    change = both["preschool_change"]
    assert change.dims == ("scenario", "replicate", "year", "township")
    assert bool(np.isnan(change.sel(year=2017)).all())
    assert float(abs(change.sel(scenario="plain", year=[2018, 2019, 2020])).max()) == 0.0
    assert float(abs(change.sel(scenario="baseline", year=2018)).sum()) > 100
    children = both["children"]
    before = children.sel(year=[2017, 2018, 2019], age=range(5)).sum("age").values
    after = children.sel(year=[2018, 2019, 2020], age=range(1, 6)).sum("age").values
    entered = both["children"].sel(year=[2018, 2019, 2020], age=6).values
    turning = children.sel(year=[2017, 2018, 2019], age=5).values
    flow = change.sel(year=[2018, 2019, 2020]).values
    # Children entering the ledger are whole: rounded by settlement.
    gap = (after + entered) - (before + turning + flow)
    assert np.abs(gap.sum(axis=-1)).max() < 1.0
    assert np.abs(gap).max() < 8.0


def test_a_run_writes_the_change_by_township(tmp_path: Path) -> None:
    rows = [*history(), (2017, "*", 5, 3000)]
    results = capsim.run(placed(tmp_path, rows, {**STILL, "years.horizon": 2018}), replicates=2)
    files = {file.name: file for file in write_tables(results, tmp_path / "tables")}
    frame = pd.read_csv(files["preschool_change.csv"])
    assert set(frame["year"]) == {2018} and len(frame) == len(TOWNSHIPS)
    assert frame["mean"].sum() == pytest.approx(
        float(results.data["preschool_change"].sel(year=2018).mean("replicate").sum()), rel=1e-4
    )
    assert set(frame["unit"]) == {"persons"}


def test_year_0_stays_as_it_is_reported(tmp_path: Path) -> None:
    rows = [*history(), (2017, "*", 5, 3000)]
    plain, told = county_with(tmp_path, None, TABLE), county_with(tmp_path, rows, TABLE)
    np.testing.assert_array_equal(plain.persons, told.persons)
    assert any("kindergarten roll of 2017, entry 2018" in str(note) for note in told.notes)


def test_without_past_rolls_a_ratio_is_needed(tmp_path: Path, capsys) -> None:
    rows: Rows = [(2017, "*", 5, 2500), (2017, "*", 4, 2400)]
    scenario = placed(tmp_path, rows, {**STILL, **SURE})
    with pytest.raises(InvalidInput, match="no entrants to grade 1 on record follow"):
        build_county(scenario, replicates=1)
    file = tmp_path / "place" / "baseline.yaml"
    with pytest.raises(SystemExit) as stopped:
        main(["check", str(file), "--set", "data.preschool=preschool.csv"])
    assert stopped.value.code == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(
        "data.preschool: no entrants to grade 1 on record follow a kindergarten roll "
        "(give rolls of earlier years, or set demography.preschool.ratio)"
    )
    ratio = {"demography.preschool.ratio": [1.1, 1.2, 1.3]}
    given = build_county(scenario.with_(ratio), replicates=1)
    assert expected(given, 2) == pytest.approx([2500 * 1.1, 2400 * 1.2])


def test_ages_without_a_ratio_are_named_and_left_out(tmp_path: Path) -> None:
    """Rolls of two years: entrants follow those of age 5 only."""
    rows: Rows = [(2016, "*", 5, 2076), (2017, "*", 5, 2500), (2017, "*", 4, 2400)]
    county = county_with(tmp_path, rows, {**STILL, **SURE})
    plain = expected(county_with(tmp_path, None, STILL), 2)
    assert expected(county, 2) == pytest.approx([2500.0, plain[1]])
    (note,) = [n for n in county.notes if "kindergarten rolls of age 4 are not used" in str(n)]
    told = [n for n in county.notes if "kindergarten roll" in str(n)]
    assert note in told and len(told) == 2
    assert all(isinstance(n, Message) and "在园幼儿数" in n.say("zh") for n in told)
