from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from capsim.core.errors import InvalidInput
from capsim.demography.entrants import CHINA_ENTRY, Entry, entry_cohorts


def births(years: range, areas: tuple[str, ...] = ("a", "b")) -> xr.DataArray:
    values = np.array(
        [[100.0 * (i + 1) + 3 * t for i in range(len(areas))] for t in range(len(years))]
    )
    return xr.DataArray(
        values, dims=("year", "area"), coords={"year": list(years), "area": list(areas)}
    )


def test_china_cohort_is_four_and_eight_twelfths() -> None:
    b = births(range(2010, 2016))
    cohorts = entry_cohorts(b)
    assert cohorts["year"].values.tolist() == [2017, 2018, 2019, 2020, 2021]
    want = 4 / 12 * b.sel(year=2010, area="b") + 8 / 12 * b.sel(year=2011, area="b")
    assert float(cohorts.sel(year=2017, area="b")) == pytest.approx(float(want))


def test_one_lag() -> None:
    b = births(range(2010, 2014))
    cohorts = entry_cohorts(b, Entry(5, {5: 1.0}, "age"))
    assert cohorts["year"].values.tolist() == [2015, 2016, 2017, 2018]
    assert np.array_equal(cohorts.values, b.values)


def test_gap_in_births_leaves_out_the_cohorts_that_need_it() -> None:
    b = births(range(2008, 2016)).drop_sel(year=2011)
    assert entry_cohorts(b)["year"].values.tolist() == [2015, 2016, 2019, 2020, 2021]


def test_months_give_the_twelfths_and_follow_the_cutoff() -> None:
    assert Entry.from_months().lags == pytest.approx(CHINA_ENTRY.lags)
    assert Entry.from_months(cutoff_month=12).lags == pytest.approx({6: 1.0})
    skewed = [0.0] * 8 + [0.25] * 4
    assert Entry.from_months(skewed).lags == pytest.approx({7: 1.0})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Entry(1, {}), "no lag"),
        (lambda: Entry(1, {0: 1.0}), "lag 0"),
        (lambda: Entry(1, {6: 1.5}), "share 1.5"),
        (lambda: Entry.from_months([0.1] * 12), "sum to 1"),
        (lambda: entry_cohorts(-births(range(2010, 2014))), "negative"),
        (lambda: entry_cohorts(births(range(2010, 2011))), "cover no entry cohort"),
        (lambda: entry_cohorts(births(range(2010, 2014)).rename(year="t")), "dimension year"),
    ],
)
def test_bad_input_says_so(make: object, words: str) -> None:
    assert callable(make)
    with pytest.raises(InvalidInput, match=words):
        make()
