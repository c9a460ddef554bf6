from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError

from capsim.core.errors import InvalidInput
from capsim.demography.coverage import (
    births_of_basis,
    children_already_born,
    combine_estimates,
    expected_entrants,
    fit_coverage,
    fit_public_share,
    preschool_entrants,
    share_births,
)
from capsim.demography.entrants import CHINA_ENTRY, Entry, as_entry
from capsim.scenario.options.entry import CoverageOptions, DestinationShares, ParticipationOptions


def series(values: Any, start: int, areas: tuple[str, ...] = ("a", "b")) -> xr.DataArray:
    array = np.asarray(values, dtype=float)
    return xr.DataArray(
        array,
        dims=("year", "area"),
        coords={"year": range(start, start + len(array)), "area": list(areas)},
    )


BORN = series([[120.0, 1200.0]] * 8, 2008)
LAG = Entry(1, {5: 1.0})


def test_entrants_are_the_cohort_where_nothing_happens() -> None:
    found = expected_entrants(BORN)
    assert found["year"].values.tolist() == list(range(2015, 2022))
    assert found.values == pytest.approx(np.tile([120.0, 1200.0], (7, 1)))


def test_factors_multiply() -> None:
    found = expected_entrants(
        BORN, survival=0.99, migration=-0.1, participation=0.8, coverage=1.05, entry=LAG
    )
    assert float(found[0, 0]) == pytest.approx(120 * 0.99 * 0.9 * 0.8 * 1.05)


def test_coverage_holds_nothing_twice() -> None:
    """Entrants made with a known coverage give it back whatever else is modelled."""
    modelled = {"survival": 0.98, "migration": 0.07, "participation": 0.82}
    entrants = expected_entrants(BORN, coverage=1.11, entry=LAG, **modelled)
    fitted = fit_coverage(entrants, BORN, entry=LAG, **modelled)
    assert fitted.values == pytest.approx([1.11, 1.11])
    ignored = fit_coverage(entrants, BORN, entry=LAG)
    assert ignored.values == pytest.approx([1.11 * 0.98 * 1.07 * 0.82] * 2)


def test_small_areas_lean_on_the_county() -> None:
    entrants = series([[60.0, 1200.0]] * 3, 2013)
    options = CoverageOptions(prior_children=360.0)
    whole = 3780 / 3960
    fitted = fit_coverage(entrants, BORN, entry=LAG, options=options)
    assert float(fitted[0]) == pytest.approx(0.5 * 0.5 + 0.5 * whole)
    assert float(fitted[1]) == pytest.approx(3600 / 3960 * 1.0 + 360 / 3960 * whole)


def test_coverage_is_one_without_past_entrants() -> None:
    assert fit_coverage(None, BORN).values.tolist() == [1.0, 1.0]
    late = series([[50.0, 50.0]], 2050)
    assert fit_coverage(late, BORN).values.tolist() == [1.0, 1.0]


def test_options_of_coverage_are_read() -> None:
    entrants = series([[240.0, 2400.0], [120.0, 1200.0], [12.0, 120.0]], 2013)

    def fitted(**options: Any) -> list[float]:
        return fit_coverage(
            entrants, BORN, entry=LAG, options=CoverageOptions(**options)
        ).values.tolist()

    assert fitted(years=2) == pytest.approx([0.55, 0.55])
    assert fitted(exclude_years=(2015,)) == pytest.approx([1.5, 1.5])
    assert fitted(years=1) == pytest.approx([0.5, 0.5])
    assert fitted(years=1, limits=(0.05, 2.0)) == pytest.approx([0.1, 0.1])
    assert fitted(factor=0.9) == [0.9, 0.9]


def test_an_area_without_entrants_takes_the_countys_coverage() -> None:
    entrants = series([[1080.0]] * 3, 2013, ("b",))
    assert fit_coverage(entrants, BORN, entry=LAG).values == pytest.approx([0.9, 0.9])


def test_basis_of_births() -> None:
    table = pd.DataFrame(
        {
            "year": [2010, 2010],
            "area": ["a", "a"],
            "births": [10, 30],
            "basis": ["resident", "hospital"],
        }
    )
    assert float(births_of_basis(table, CoverageOptions(basis="hospital"))[0, 0]) == 30
    with pytest.raises(InvalidInput, match="holds hospital, resident"):
        births_of_basis(table)
    with pytest.raises(InvalidInput, match="holds no hukou"):
        births_of_basis(table, CoverageOptions(basis="hukou"))
    with pytest.raises(InvalidInput, match="repeats a in 2010"):
        births_of_basis(table.assign(basis="hukou"))


def test_public_share() -> None:
    level = {"level": ["primary", "junior"]}
    pupils = xr.DataArray([80.0, 95.0], dims="level", coords=level)
    residents = xr.DataArray([100.0, 90.0], dims="level", coords=level)
    assert fit_public_share(pupils, residents).values == pytest.approx([0.8, 1.0])
    with pytest.raises(InvalidInput, match="no children where there are pupils"):
        fit_public_share(pupils, residents * 0)
    with pytest.raises(InvalidInput, match="labels"):
        fit_public_share(pupils, residents.isel(level=[0]))


def test_children_already_born_enter_at_six() -> None:
    children = xr.DataArray(
        [[6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0, 99.0]],
        dims=("area", "age"),
        coords={"area": ["a"], "age": range(8)},
    )
    found = children_already_born(children, 2020)
    assert found["year"].values.tolist() == list(range(2020, 2027))
    assert float(found.sel(year=2026, area="a")) == 6.0
    assert float(found.sel(year=2020, area="a")) == 0.0


def test_births_shared_over_areas_add_up() -> None:
    county = xr.DataArray([100.0, 90.0], dims="year", coords={"year": [2020, 2021]})
    women = xr.DataArray([1.0, 3.0], dims="area", coords={"area": ["a", "b"]})
    found = share_births(county, women)
    assert found.sum("area").values == pytest.approx(county.values)
    assert float(found.sel(year=2020, area="b")) == pytest.approx(75.0)
    with pytest.raises(InvalidInput, match="positive"):
        share_births(county, women * 0)


def test_preschool_rolls_lead_entrants() -> None:
    preschool = series([[100.0, 200.0], [110.0, 210.0], [90.0, 190.0]], 2015)
    entrants = series([[90.0, 180.0], [99.0, 189.0]], 2016)
    estimate, error = preschool_entrants(preschool, entrants)
    assert estimate.sel(year=2018).values == pytest.approx([81.0, 171.0])
    assert error == pytest.approx(0.0, abs=1e-9)
    _, miss = preschool_entrants(preschool, entrants * xr.DataArray([1.0, 1.2], dims="year"))
    assert miss == pytest.approx(np.log(1.2), rel=0.01)
    with pytest.raises(InvalidInput, match="no entry year"):
        preschool_entrants(preschool, series([[1.0, 1.0]], 2030))


def test_estimates_are_weighted_by_their_errors() -> None:
    one = series([[100.0, 100.0], [50.0, 50.0]], 2020)
    two = series([[400.0, 400.0]], 2020)
    found = combine_estimates({"births": one, "preschool": two}, {"births": 0.1, "preschool": 0.1})
    assert float(found.sel(year=2020, area="a")) == pytest.approx(200.0)
    assert float(found.sel(year=2021, area="a")) == pytest.approx(50.0)
    sure = combine_estimates({"births": one, "preschool": two}, {"births": 9.0, "preschool": 0.01})
    assert float(sure.sel(year=2020, area="a")) == pytest.approx(400.0, rel=1e-4)
    with pytest.raises(InvalidInput, match="births: has no past error"):
        combine_estimates({"births": one}, {"births": float("nan")})


def test_shares_of_destinations() -> None:
    some = DestinationShares(private=0.1, out_of_county=0.08)
    assert ParticipationOptions(primary=some).at("primary").public == pytest.approx(0.82)
    assert ParticipationOptions(primary=some).at("junior").public == 1.0
    with pytest.raises(ValidationError, match="more than all"):
        DestinationShares(private=0.7, out_of_county=0.4)
    with pytest.raises(ValidationError, match="least and a greatest"):
        CoverageOptions(limits=(2.0, 1.0))


@pytest.mark.parametrize(
    ("given", "stage", "at", "lags"),
    [
        ({"age": 5, "lag": 5}, "age", 5, {5: 1.0}),
        ((5, 5), "age", 5, {5: 1.0}),
        ({"grade": 1, "lags": {7: 4 / 12, 6: 8 / 12}}, "grade", 1, CHINA_ENTRY.lags),
        (CHINA_ENTRY, "grade", 1, CHINA_ENTRY.lags),
    ],
)
def test_forms_of_entry(given: Any, stage: Any, at: int, lags: dict[int, float]) -> None:
    rule = as_entry(given, stage)
    assert (rule.at, rule.stage) == (at, stage)
    assert dict(rule.lags) == pytest.approx(dict(lags))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("five", "entry: is a str"),
        ({"age": 5}, "does not say the lag"),
        ({"lag": 5}, "does not say the age"),
        ({"age": 5, "lag": 5, "colour": 1}, "unknown key colour"),
        (CHINA_ENTRY, "is for grades but the rolls are by age"),
        ((5, -1), "lag -1"),
    ],
)
def test_bad_forms_of_entry(given: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        as_entry(given, "age")


def test_children_two_years_from_entry_lead_entrants_too() -> None:
    """Of age 4 in 2015 and 2016, entrants of 2017 and 2018: nine in ten; 2017's enter in 2019."""
    preschool = series([[100.0, 200.0], [110.0, 210.0], [90.0, 190.0]], 2015)
    entrants = series([[90.0, 180.0], [99.0, 189.0]], 2017)
    estimate, error = preschool_entrants(preschool, entrants, ahead=2)
    assert estimate.sel(year=2019).values == pytest.approx([81.0, 171.0])
    assert error == pytest.approx(0.0, abs=1e-9)
