from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from capsim.core.errors import InvalidInput
from capsim.demography.housing import housing_pupils
from capsim.scenario.options.entry import HousingOptions, PupilYield

OPTIONS = HousingOptions(
    completion={"approved": 0.5, "completed": 1.0},
    ramp=(0.5, 1.0),
    occupancy=0.8,
    pupil_yield={"flat": PupilYield(primary=0.25, junior=0.125), "villa": PupilYield()},
)


def developments(**columns: Any) -> pd.DataFrame:
    table = {
        "development": ["Lakeside"],
        "area": ["a"],
        "type": ["flat"],
        "status": ["approved"],
        "units": [1000],
        "completion_year": [2021],
    }
    return pd.DataFrame({**table, **columns})


def primary(table: pd.DataFrame, **options: Any) -> list[float]:
    found = housing_pupils(table, first_year=2020, last_year=2023, options=OPTIONS, **options)
    return found.sel(area="a", level="primary").values.tolist()


def test_by_hand() -> None:
    full = 1000 * 0.5 * 0.8 * 0.25
    assert primary(developments()) == pytest.approx([0.0, full / 2, full, full])
    found = housing_pupils(developments(), first_year=2020, last_year=2023, options=OPTIONS)
    assert float(found.sel(year=2023, area="a", level="junior")) == pytest.approx(full / 2)


def test_what_had_filled_before_is_on_the_rolls_already() -> None:
    full = 1000 * 0.8 * 0.25
    at = {"status": ["completed"]}
    assert primary(developments(completion_year=[2019], **at)) == pytest.approx([full / 2] * 4)
    assert primary(developments(completion_year=[2015], **at)) == pytest.approx([0.0] * 4)


def test_guard_against_counting_twice() -> None:
    """As much building as usual, every year, adds nothing to ratios that were fitted to it."""
    years = list(range(2010, 2030))
    table = pd.DataFrame(
        {
            "development": [f"d{y}" for y in years],
            "area": "a",
            "type": "flat",
            "status": "completed",
            "units": 100,
            "completion_year": years,
        }
    )
    usual = pd.DataFrame({"area": ["a"], "type": ["flat"], "units": [100]})
    assert primary(table, usual_units=usual) == pytest.approx([0.0] * 4)
    more = table.assign(units=np.where(table["completion_year"] == 2021, 600, 100))
    full = 500 * 0.8 * 0.25
    assert primary(more, usual_units=usual) == pytest.approx([0.0, full / 2, full, full])
    none = primary(developments(units=[0]), usual_units=usual)
    assert none == pytest.approx([-100 * 0.8 * 0.25 * n for n in (1, 2, 3, 4)])


def test_draws_complete_or_do_not() -> None:
    table = pd.concat(
        [developments(), developments(development=["Hill"], area=["b"])], ignore_index=True
    )
    found = housing_pupils(
        table, first_year=2020, last_year=2023, options=OPTIONS, draws=4000, seed=3
    )
    last = found.sel(year=2023, level="primary")
    assert set(np.unique(last.values)) == {0.0, 200.0}
    # Two shares of 4000 draws: five standard errors of a fair coin are 0.04.
    assert (last > 0).mean("draw").values == pytest.approx([0.5, 0.5], abs=0.04)
    both = float(((last.sel(area="a") > 0) & (last.sel(area="b") > 0)).mean())
    assert both == pytest.approx(0.25, abs=0.04)


def test_a_development_more_changes_no_others_luck() -> None:
    def lakeside(table: pd.DataFrame) -> list[float]:
        found = housing_pupils(
            table, first_year=2020, last_year=2023, options=OPTIONS, draws=50, seed=3
        )
        return found.sel(area="a", level="primary", year=2023).values.tolist()

    more = developments(development=["Hill"], area=["b"])
    assert lakeside(developments()) == lakeside(pd.concat([more, developments()]))


def test_every_fault_at_once() -> None:
    table = pd.concat([developments(status=["dreamt"]), developments(type=["tent"], units=[-5])])
    with pytest.raises(InvalidInput) as caught:
        housing_pupils(table, first_year=2020, last_year=2019, options=OPTIONS)
    text = str(caught.value)
    for words in (
        "last_year: 2019 is before 2020",
        "row 1: status 'dreamt'",
        "row 2: type 'tent'",
        "row 2: units: -5",
    ):
        assert words in text


def test_other_faults() -> None:
    with pytest.raises(InvalidInput, match="lacks the column units"):
        primary(developments().drop(columns="units"))
    with pytest.raises(InvalidInput, match="repeats the development 'Lakeside'"):
        primary(pd.concat([developments(), developments()]))
    with pytest.raises(ValidationError, match="ramp"):
        HousingOptions(ramp=(0.9, 0.5))
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        HousingOptions(completion={"planned": 1.5})
