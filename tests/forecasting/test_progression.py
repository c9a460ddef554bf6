from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from capsim.core.errors import InvalidInput
from capsim.demography.entrants import Entry
from capsim.forecasting.progression import (
    AVERAGES,
    entry_ratios,
    progression_ratios,
    project_rolls,
)


def rolls(values: Any, start: int = 2010) -> xr.DataArray:
    array = np.asarray(values, dtype=float)
    years, areas, grades = array.shape
    return xr.DataArray(
        array,
        dims=("year", "area", "grade"),
        coords={
            "year": range(start, start + years),
            "area": [chr(97 + i) for i in range(areas)],
            "grade": range(1, grades + 1),
        },
    )


# One area, grades 1 and 2: ratios into grade 2 are 0.9, 1.2, 0.5.
ONE = rolls([[[100, 50]], [[200, 90]], [[100, 240]], [[80, 50]]])


@pytest.mark.parametrize(
    ("average", "years", "want"),
    [
        ("mean", 3, (0.9 + 1.2 + 0.5) / 3),
        ("weighted", 3, (90 + 240 + 50) / (100 + 200 + 100)),
        ("geometric", 3, (0.9 * 1.2 * 0.5) ** (1 / 3)),
        ("median", 3, 0.9),
        ("smoothing", 3, 0.5 * (0.5 * 0.9 + 0.5 * 1.2) + 0.5 * 0.5),
        ("mean", 2, (1.2 + 0.5) / 2),
        ("weighted", 1, 0.5),
        ("mean", 9, (0.9 + 1.2 + 0.5) / 3),
    ],
)
def test_averages_by_hand(average: Any, years: int, want: float) -> None:
    found = progression_ratios(ONE, average=average, years=years)
    assert found.dims == ("area", "grade")
    assert float(found.sel(area="a", grade=2)) == pytest.approx(want)


def test_excluded_years_do_not_count() -> None:
    found = progression_ratios(ONE, average="mean", years=2, exclude_years=[2012])
    assert float(found[0, 0]) == pytest.approx((0.9 + 0.5) / 2)


def test_small_cells_take_the_parents_ratio() -> None:
    two = rolls([[[1000, 0], [10, 0]], [[0, 900], [0, 20]]])
    parent = (900 + 20) / 1010
    assert progression_ratios(two, pool_below=11).values[:, 0] == pytest.approx([0.9, parent])
    assert progression_ratios(two, pool_below=10).values[:, 0] == pytest.approx([0.9, 2.0])
    pooled = progression_ratios(two, prior_pupils=30).values[:, 0]
    assert pooled[1] == pytest.approx(10 / 40 * 2.0 + 30 / 40 * parent)
    own = progression_ratios(two, prior_pupils=30, parent={"a": "x", "b": "y"}).values[:, 0]
    assert own == pytest.approx([0.9, 2.0])


def test_an_area_without_pupils_takes_the_parents_ratio() -> None:
    two = rolls([[[1000, 0], [0, 0]], [[0, 900], [0, 0]]])
    for average in AVERAGES:
        found = progression_ratios(two, average=average)  # type: ignore[arg-type]
        assert found.values[:, 0] == pytest.approx([0.9, 0.9])


def test_clamp_is_last() -> None:
    assert float(progression_ratios(ONE, years=1, clamp=(0.8, 1.1))[0, 0]) == 0.8


def slow_ratio(array: np.ndarray, average: str, years: int, prior: float) -> np.ndarray:
    n_years, n_areas, n_grades = array.shape
    out = np.empty((n_areas, n_grades - 1))

    def one(after: list[float], before: list[float]) -> float:
        ratios = [x / y for x, y in zip(after, before, strict=True)]
        if average == "weighted":
            return sum(after) / sum(before)
        if average == "mean":
            return sum(ratios) / len(ratios)
        if average == "median":
            return float(np.median(ratios))
        if average == "geometric":
            return float(np.prod(ratios) ** (1 / len(ratios)))
        level = ratios[0]
        for ratio in ratios[1:]:
            level = 0.5 * level + 0.5 * ratio
        return level

    last = range(max(1, n_years - years), n_years)
    for a in range(n_areas):
        for g in range(1, n_grades):
            after = [array[t, a, g] for t in last]
            before = [array[t - 1, a, g - 1] for t in last]
            whole = one(
                [array[t, :, g].sum() for t in last], [array[t - 1, :, g - 1].sum() for t in last]
            )
            weight = sum(before) / (sum(before) + prior)
            out[a, g - 1] = weight * one(after, before) + (1 - weight) * whole
    return out


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(AVERAGES),
    st.integers(1, 5),
    st.sampled_from([0, 50]),
)
def test_against_the_obvious_way(seed: int, average: Any, years: int, prior: float) -> None:
    array = np.random.default_rng(seed).integers(1, 60, size=(5, 3, 4)).astype(float)
    found = progression_ratios(rolls(array), average=average, years=years, prior_pupils=prior)
    np.testing.assert_allclose(found.values, slow_ratio(array, average, years, prior))


def test_entry_ratio_by_hand() -> None:
    history = rolls([[[50, 1]], [[90, 1]], [[66, 1]]])
    born = xr.DataArray(
        [[100.0], [100.0], [110.0]],
        dims=("year", "area"),
        coords={"year": [2005, 2006, 2007], "area": ["a"]},
    )
    found = entry_ratios(history, born, Entry(1, {5: 1.0}), years=2)
    assert float(found[0]) == pytest.approx((90 + 66) / 210)


def test_projection_by_hand() -> None:
    start = rolls([[[10, 20, 30]]])
    ratio = xr.DataArray(
        [[0.5, 2.0]], dims=("area", "grade"), coords={"area": ["a"], "grade": [2, 3]}
    )
    into = xr.DataArray(
        [[7.0], [8.0]], dims=("year", "area"), coords={"year": [2011, 2012], "area": ["a"]}
    )
    found = project_rolls(start, ratio, into)
    assert found.values[:, 0].tolist() == [[7, 5, 40], [8, 3.5, 10]]
    damped = project_rolls(start, ratio, into, damping=0.0)
    assert damped.values[:, 0].tolist() == [[7, 5, 40], [8, 7, 5]]
    half = project_rolls(start, ratio, into, damping=0.5)
    assert half.values[1, 0] == pytest.approx([8, 7 * 0.5**0.5, 5 * 2**0.5])


def test_ratios_reproduce_the_last_roll() -> None:
    history = rolls(np.random.default_rng(1).integers(5, 90, size=(2, 3, 4)))
    ratio = progression_ratios(history, years=1)
    into = history.isel(year=[1], grade=0, drop=True)
    again = project_rolls(history.isel(year=[0]), ratio, into)
    np.testing.assert_allclose(again.values[0], history.values[1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: progression_ratios(ONE, average="mode"), "average: 'mode' is not known"),  # type: ignore[arg-type]
        (lambda: progression_ratios(ONE, years=0), "years: 0 is not at least 1"),
        (lambda: progression_ratios(ONE, pool_below=-1), "pool_below: -1 is negative"),
        (lambda: progression_ratios(ONE, clamp=(2, 1)), "clamp"),
        (lambda: progression_ratios(ONE, smoothing=0), "smoothing"),
        (lambda: progression_ratios(ONE, parent={}), "no parent given for area a"),
        (lambda: progression_ratios(ONE, exclude_years=range(2000, 2020)), "every year"),
        (lambda: progression_ratios(ONE.isel(year=[0])), "need two years"),
        (lambda: progression_ratios(ONE * 0), "no pupils or births to divide by for grade 2"),
        (lambda: progression_ratios(-ONE), "pupils negative"),
        (lambda: progression_ratios(ONE.drop_sel(year=2011)), "year 2011 missing"),
    ],
)
def test_bad_input_says_so(call: Any, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        call()


def test_projection_checks_its_labels() -> None:
    ratio = progression_ratios(ONE)
    into = xr.DataArray([[7.0]], dims=("year", "area"), coords={"year": [2020], "area": ["b"]})
    with pytest.raises(InvalidInput) as caught:
        project_rolls(ONE, ratio, into, damping=2.0)
    assert len(caught.value.problems) == 3


def test_tidy_tables_are_read() -> None:
    frame = ONE.rename("pupils").to_dataframe().reset_index()
    frame = pd.concat([frame.assign(sex=s) for s in ("female", "male")])
    np.testing.assert_allclose(progression_ratios(frame).values, progression_ratios(ONE).values)
