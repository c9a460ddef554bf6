"""Births from the total fertility rate: by hand, against the function of the library, in a run."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import capsim
from capsim.cli.app import main
from capsim.core.errors import InvalidInput
from capsim.county.births_from_women import Mothers, births_by_fertility
from capsim.county.county import build_county
from capsim.demography import forecast_births
from capsim.demography.schedules import china_fertility_schedule
from capsim.scenario.options.demography import BirthsOptions
from capsim.texts import Message
from capsim.year.model import CountyModel

FOLDER = Path(__file__).parents[2] / "scenarios" / "jiajiang"
PLAIN = {"demography.births.stress_paths": []}
TFR = {**PLAIN, "demography.births.method": "tfr"}
FIRST, BASE = 2005, 2017
BORN = {year: 1500.0 - 20 * (year - FIRST) + 60 * (-1) ** year for year in range(FIRST, BASE + 1)}


def mothers(past: np.ndarray | None = None, **changes: object) -> Mothers:
    if past is None:
        ages = np.arange(101)
        past = np.array([900.0 + 8 * ages + 5 * step for step in range(BASE - FIRST + 2)])
    settings: dict[str, object] = {
        "first": FIRST - 1, "past": past, "kept": np.full(102, 0.99), "daughters": 0.47,
        "schedule": china_fertility_schedule(),
    }  # fmt: skip
    return Mothers(**{**settings, **changes})  # type: ignore[arg-type]


def births(options: BirthsOptions, who: Mothers, ahead: int, draws: int = 40) -> np.ndarray:
    _, found, _ = births_by_fertility(
        options, BORN, who, ahead=ahead, draws=draws, seed=5, volatility_from=None
    )
    return found


def test_equal_inputs_give_the_births_of_the_library() -> None:
    """Up to the first daughters' own children, women can be told beforehand."""
    who, ahead = mothers(), 12
    women = [*who.past]
    for _ in range(ahead):
        older = np.append(0.0, women[-1][:-1] * 0.99)
        older[-1] += women[-1][-1] * 0.99
        women.append(older)
    stock = np.array(women)
    mean = xr.DataArray(
        stock[:-1] * 2 / 12 + stock[1:] * 10 / 12,
        dims=("year", "age"),
        coords={"year": range(FIRST, BASE + ahead + 1), "age": range(101)},
    )
    series = pd.Series(BORN)
    expected = forecast_births(series, ahead, draws=40, seed=5, method="tfr", women=mean)
    found = births(BirthsOptions(method="tfr"), who, ahead)
    np.testing.assert_allclose(found, expected.transpose("draw", "year").values, rtol=1e-9)
    assert np.ptp(found[:, -1]) > 0


def test_given_rates_times_the_women_by_hand() -> None:
    """100 women of every age who all stay: births are 100 times the rate."""
    who = mothers(np.full((BASE - FIRST + 2, 101), 100.0), kept=np.ones(102), daughters=0.0)
    last = BORN[BASE] / 100.0
    found = births(BirthsOptions(method="tfr", tfr={2021: 2.0, 2023: 1.0}), who, 8, draws=2)
    steps = [last + (2.0 - last) * i / 4 for i in (1, 2, 3, 4)]
    np.testing.assert_allclose(found, [[100 * r for r in (*steps, 1.5, 1.0, 1.0, 1.0)]] * 2)
    at_once = births(BirthsOptions(method="tfr", tfr={2018: 1.2}), who, 3, draws=1)
    np.testing.assert_allclose(at_once, [[120.0] * 3])


def test_daughters_become_mothers_by_hand() -> None:
    """All children are born to women of 20; half the children are daughters, all stay.

    On 31 August of 2037 those of 20 are daughters of the births of 2016 and 2017 (4 and 8 of
    twelve months): of those born before the base year, who are in its population. In 2038 they
    are daughters of 2017 and 2018: the run's.
    """
    past = np.full((BASE - FIRST + 2, 101), 100.0)
    schedule = np.zeros(101)
    schedule[20] = 1.0
    who = mothers(past, kept=np.ones(102), daughters=0.5, schedule=schedule)
    rate = 3.0
    found = births(BirthsOptions(method="tfr", tfr={2018: rate}), who, 22, draws=1)[0]
    assert found[:20] == pytest.approx([300.0] * 20)
    daughters = 0.5 * (4 / 12 * BORN[2017] + 8 / 12 * 300.0)
    assert found[20] == pytest.approx(rate * (2 / 12 * 100.0 + 10 / 12 * daughters))
    assert found[21] == pytest.approx(rate * (2 / 12 * daughters + 10 / 12 * 150.0))


def test_fewer_women_are_fewer_births_at_the_same_rate() -> None:
    few = mothers()
    few.past[-1][:14] *= 0.5
    options = BirthsOptions(method="tfr", tfr={2018: 1.3})
    ratio = births(options, few, 20, draws=1)[0] / births(options, mothers(), 20, draws=1)[0]
    assert ratio[0] == pytest.approx(1.0)
    assert (np.diff(ratio) <= 1e-12).all()
    assert ratio[-1] < 0.75


def test_births_after_the_base_year_that_are_known_count() -> None:
    known = {**BORN, 2018: 1200.0, 2019: 1100.0}
    _, found, note = births_by_fertility(
        BirthsOptions(method="tfr", tfr={2020: 1.0}), known, mothers(), ahead=2, draws=1, seed=1,
        volatility_from=None,
    )  # fmt: skip
    _, exposed = mothers().follow(known, np.ones((1, 2)))
    np.testing.assert_allclose(found, exposed[:, -2:])
    assert f"{1100 / exposed[0, -3]:.2f} in 2019" in str(note)


def test_a_year_without_women_is_told() -> None:
    who = mothers(np.zeros((BASE - FIRST + 2, 101)))
    with pytest.raises(InvalidInput, match="no women of fertile age in 2005"):
        births(BirthsOptions(method="tfr"), who, 3)


def test_a_county_follows_its_own_women() -> None:
    """At a rate of 1 births are the weighted women that the run itself has, year by year."""
    changes = {**TFR, "demography.births.tfr": {2021: 1.0}, "years.horizon": 2034}
    county = build_county(capsim.load(FOLDER / "baseline.yaml", changes), replicates=1)
    assert county.births_known_until == 2020
    model = CountyModel(county, 0)
    schedule = china_fertility_schedule()
    weighted = {2017: model.state.population.persons[:, 0].sum(axis=0) @ schedule}
    for year in range(2018, 2035):
        model.step()
        weighted[year] = model.state.population.persons[:, 0].sum(axis=0) @ schedule
    drawn = county.births_of(0)
    for year in range(2021, 2035):
        own = 2 / 12 * weighted[year - 1] + 10 / 12 * weighted[year]
        assert drawn[year] == pytest.approx(own, rel=0.01), year
    assert drawn[2034] < 0.7 * drawn[2021]


def test_a_county_draws_a_rate_for_each_replicate_and_says_so() -> None:
    scenario = capsim.load(FOLDER / "baseline.yaml", {**TFR, "years.horizon": 2032})
    plain = build_county(scenario.with_({"demography.births.method": None}), replicates=30)
    county = build_county(scenario, replicates=30)
    known = range(2020 - 2016 + 1)
    np.testing.assert_array_equal(county.births[:, known], plain.births[:, known])
    assert np.ptp(county.births[:, 5]) > 0
    # Women of the years to come are few in this county: fewer births than the trend alone gives.
    assert np.median(county.births[:, -1]) < 0.8 * np.median(plain.births[:, -1])
    (note,) = [n for n in county.notes if "total fertility rate" in str(n)]
    assert str(note).startswith("births follow women by age: total fertility rate 1.14 in 2020")
    assert isinstance(note, Message)
    assert note.say("zh").startswith("出生人数按分年龄妇女推算：总和生育率2020年为1.14")
    again = build_county(scenario, replicates=10)
    np.testing.assert_array_equal(again.births, county.births[:10])


def test_a_table_of_births_and_one_census_suffice(tmp_path: Path) -> None:
    folder = tmp_path / "place"
    shutil.copytree(FOLDER, folder)
    rows = [(year, "*", 2300 - 30 * (year - 2008), "hukou") for year in range(2008, 2017)]
    table = pd.DataFrame(rows, columns=["year", "area", "births", "basis"])
    table.to_csv(folder / "tables" / "births.csv", index=False)
    changes = {**TFR, "data.births": "births.csv", "data.population": ["population_2010.csv"],
               "information_date": "2017-09-01", "years.horizon": 2040}  # fmt: skip
    county = build_county(capsim.load(folder / "baseline.yaml", changes), replicates=3)
    assert county.births_known_until == 2016
    assert np.isfinite(county.births).all()
    assert (county.births > 0).all()


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("tfr", {2022: 13.0}, r"births.tfr.2022: 13.0 is out of range \(must be at most 12"),
        ("tfr", {2015: 1.2}, "tfr: holds no year after 2020, the last whose births are known"),
        ("tfr", {2022: "low"}, 'demography.births.tfr.2022: "low" is not a number'),
        ("fertility_schedule", {"15-19": -1.0, "20-49": 3.0}, "age 15-19: -1 is negative"),
        ("fertility_schedule", {"15-19": 1.0, "25-49": 3.0}, "fertility_schedule: .*20"),
        ("method", "tfr_rate", "is not one of default, tfr"),
    ],
)
def test_wrong_settings_get_one_line(key: str, value: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=words) as caught:
        scenario = capsim.load(FOLDER / "baseline.yaml", {**TFR, f"demography.births.{key}": value})
        build_county(scenario, replicates=1)
    assert len(str(caught.value).splitlines()) == 1


def test_results_say_what_was_done() -> None:
    changes = {**TFR, "years.horizon": 2022, "demography.births.tfr": {2021: 1.1}}
    results = capsim.run(capsim.load(FOLDER / "baseline.yaml", changes), replicates=1)
    notes = results.provenance["notes"]["baseline"]
    assert any("1.10 in 2022 (median)" in note["text"] for note in notes)
    rows = {row["key"]: row for row in results.provenance["assumptions"]}
    assert rows["demography.births.method"]["value"] == "tfr"
    assert rows["demography.births.tfr"]["is_set"]
    assert rows["demography.births.fertility_schedule"]["mark"] == "found"


def test_the_command_line_checks_it(capsys) -> None:
    arguments = ["check", str(FOLDER / "baseline.yaml"), "--set", "demography.births.method=tfr"]
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 0
    assert "no problems found" in capsys.readouterr().out
    wrong = "demography.births.fertility_schedule={15-19: 1.0, 25-49: 3.0}"
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--set", wrong])
    assert stopped.value.code == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "demography.births.fertility_schedule: " in line
