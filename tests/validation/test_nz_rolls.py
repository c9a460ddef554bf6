"""New Zealand's school rolls by region and age, forecast from rolling origins.

Settings of the forecast were chosen on outcomes to 2007 (test_roll_selection.py) before later
outcomes were computed with them. Ages 5 to 14: schooling is compulsory from 6 to 15, at 5
enrolment is nearly full, and older ages do not follow births alone.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from capsim.forecasting.backtesting import Backtest, backtest
from capsim.forecasting.backtesting.scores import all_scores

pytestmark = pytest.mark.validate

FOLDER = Path(
    os.environ.get(
        "CAPSIM_VALIDATION_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"
    )
)
ROLLS, BIRTHS = FOLDER / "nz_rolls_to_2011.csv", FOLDER / "nz_births_to_2011.csv"
HORIZONS = (1, 3, 5)
CHOSEN_ON = 2007
ALL, CHOSEN, LATER = range(2003, 2012), range(2003, 2008), range(2008, 2012)


@pytest.fixture(scope="module")
def result() -> Backtest:
    for path in (ROLLS, BIRTHS):
        if not path.exists():
            pytest.skip(f"validation data is not here: {path}")
    rolls, births = pd.read_csv(ROLLS), pd.read_csv(BIRTHS)
    with pytest.warns(UserWarning, match="left out"):
        return backtest(
            rolls,
            births,
            entry={"age": 5, "lag": 5},
            origins=range(2002, 2011),
            horizons=HORIZONS,
            stages=range(5, 15),
        )


def pooled(result: Backtest, outcomes: range) -> pd.DataFrame:
    forecasts = result.forecasts[result.forecasts["year"].isin(outcomes)]
    scores = all_scores(forecasts)
    rows = scores[(scores["origin"] == "pooled") & (scores["size"] == "all")]
    return rows.set_index(["model", "series", "horizon"])


def ratio(scores: pd.DataFrame, score: str, series: str, horizon: int, other: str) -> float:
    own = scores.loc[("capsim", series, horizon), score]
    return float(own / scores.loc[(other, series, horizon), score])


def show(title: str, scores: pd.DataFrame, capsys: Any) -> None:
    columns = ["mape", "bias", "crps", "interval_score_80", "coverage_80", "coverage_95"]
    with capsys.disabled():
        print(f"\n{title}\n{scores[['forecasts', *columns]].round(2).to_string()}")


def test_tables(result: Backtest, capsys: pytest.CaptureFixture[str]) -> None:
    """Print the scores; the documentation gives the same coverage by origin."""
    show("All outcomes, origins 2002-2010", pooled(result, ALL), capsys)
    show(f"Outcomes to {CHOSEN_ON}", pooled(result, CHOSEN), capsys)
    show(f"Outcomes after {CHOSEN_ON}, not used in the choice", pooled(result, LATER), capsys)
    scores = result.scores
    own = scores[(scores["model"] == "capsim") & (scores["size"] == "all")]
    by_origin = own.pivot_table(
        index=["series", "horizon"], columns="origin", values=["coverage_80", "coverage_95"]
    )
    sizes = scores[(scores["origin"] == "pooled") & (scores["series"] != "total")]
    by_size = sizes.pivot_table(
        index=["series", "horizon"], columns=["model", "size"], values="mape"
    )
    with capsys.disabled():
        print(f"\nCoverage of capsim by origin\n{by_origin.round(0).to_string()}")
        print(f"\nMAPE by size of region\n{by_size.round(2).to_string()}")
    for name, series in SERIES.items():
        for horizon in HORIZONS:
            found = by_origin["coverage_80"].loc[(series, horizon)].drop("pooled").dropna()
            years = f"{horizon} year{'s' if horizon > 1 else ''}"
            cells = " | ".join(f"{share:.0f}" for share in found.loc[sorted(found.index)])
            assert f"| {name}, {years} | {cells} |" in documented()


@pytest.mark.parametrize("outcomes", [ALL, LATER], ids=["all outcomes", "later outcomes"])
class TestAgainstTheReferences:
    def test_no_worse_than_ratios_at_one_year(self, result: Backtest, outcomes: range) -> None:
        scores = pooled(result, outcomes)
        assert ratio(scores, "mape", "area", 1, "progression_ratios") <= 1.0
        assert ratio(scores, "mape", "cell", 1, "progression_ratios") <= 1.0

    def test_better_than_ratios_at_three_and_five(self, result: Backtest, outcomes: range) -> None:
        scores = pooled(result, outcomes)
        assert ratio(scores, "mape", "cell", 3, "progression_ratios") <= 0.95
        assert ratio(scores, "mape", "cell", 5, "progression_ratios") <= 0.90

    def test_better_than_the_last_value(self, result: Backtest, outcomes: range) -> None:
        scores = pooled(result, outcomes)
        for horizon, most in zip(HORIZONS, (0.9, 0.85, 0.7), strict=True):
            assert ratio(scores, "mape", "area", horizon, "last_value") <= most
            assert ratio(scores, "mape", "cell", horizon, "last_value") <= 0.5

    def test_bands_beat_past_errors_of_the_baseline(
        self, result: Backtest, outcomes: range
    ) -> None:
        scores = pooled(result, outcomes)
        for series in ("cell", "area"):
            for horizon in HORIZONS:
                for score in ("interval_score_80", "interval_score_95", "crps"):
                    assert ratio(scores, score, series, horizon, "progression_ratios") < 1.0


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("series", ["cell", "area"])
def test_coverage_of_80_pooled_over_origins(result: Backtest, series: str, horizon: int) -> None:
    assert 75.0 <= pooled(result, ALL).loc[("capsim", series, horizon), "coverage_80"] <= 90.0


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("series", ["cell", "area"])
def test_coverage_of_95_pooled_over_origins(result: Backtest, series: str, horizon: int) -> None:
    assert 90.0 <= pooled(result, ALL).loc[("capsim", series, horizon), "coverage_95"] <= 98.0


LABELS = {f"outcomes to {CHOSEN_ON}": CHOSEN, "outcomes 2008-2011": LATER, "all outcomes": ALL}
SERIES = {"region x age": "cell", "region totals": "area"}


def documented() -> str:
    return (Path(__file__).parents[2] / "docs" / "backtest.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("label", list(LABELS))
@pytest.mark.parametrize("name", list(SERIES))
def test_the_documentation_gives_these_errors(result: Backtest, label: str, name: str) -> None:
    scores = pooled(result, LABELS[label])["mape"]
    cells = []
    for horizon in HORIZONS:
        last, ratios, own = (
            scores[(model, SERIES[name], horizon)]
            for model in ("last_value", "progression_ratios", "capsim")
        )
        cells.append(f"{last:.2f} / {ratios:.2f} / **{own:.2f}**")
    assert f"| {name}, {label} | {' | '.join(cells)} |" in documented()


@pytest.mark.parametrize("level", [80, 95])
@pytest.mark.parametrize("name", list(SERIES))
def test_the_documentation_gives_this_coverage(result: Backtest, level: int, name: str) -> None:
    found = [pooled(result, outcomes)[f"coverage_{level}"] for outcomes in LABELS.values()]
    cells = [
        " / ".join(f"{scores[('capsim', SERIES[name], h)]:.1f}" for scores in found)
        for h in HORIZONS
    ]
    assert f"| {level} % band, {name} | {' | '.join(cells)} |" in documented()


@pytest.mark.parametrize("label", ["outcomes 2008-2011", "all outcomes"])
@pytest.mark.parametrize("name", list(SERIES))
def test_the_documentation_gives_these_interval_scores(
    result: Backtest, label: str, name: str
) -> None:
    scores = pooled(result, LABELS[label])["interval_score_80"]
    cells = [
        f"{scores[('progression_ratios', SERIES[name], h)]:.2f} / "
        f"**{scores[('capsim', SERIES[name], h)]:.2f}**"
        for h in HORIZONS
    ]
    assert f"| {name}, {label} | {' | '.join(cells)} |" in documented()


def test_ratios_exaggerate_differences_between_regions(result: Backtest) -> None:
    """Slope of realised on forecast five-year growth of regions, both against the country's.

    About a half for unchanged ratios: they say twice what comes. Nearer to one for capsim.
    """
    slopes = {}
    rows = result.forecasts
    totals = rows[(rows["series"] == "area") & (rows["horizon"] == 5)]
    start = rows[(rows["series"] == "area") & (rows["model"] == "last_value")]
    start = start.drop_duplicates(["origin", "area"]).set_index(["origin", "area"])["forecast"]
    for model in ("progression_ratios", "capsim"):
        own = totals[totals["model"] == model].set_index(["origin", "area"])
        came, said = own["actual"] / start.loc[own.index], own["forecast"] / start.loc[own.index]
        came = came / came.groupby("origin").transform("mean") - 1.0
        said = said / said.groupby("origin").transform("mean") - 1.0
        slopes[model] = float((came * said).sum() / (said**2).sum())
    assert slopes["progression_ratios"] < 0.75
    assert abs(slopes["capsim"] - 1.0) < abs(slopes["progression_ratios"] - 1.0)
