"""Calibration: tastes from who went where, or from shares and means that somebody counted.

Two ways, by what a county knows. With children or pupils counted by home and school, the
conditional logit on feasible sets (:mod:`capsim.calibration.estimate`). With a few totals only, the
admission of the base year's entrants is simulated until it shows the same
(:mod:`capsim.calibration.moments`). Both give coefficients ready for the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from capsim.admission.admit import AdmissionStreams, Applicants, Demand, Offer
from capsim.calibration.estimate import conditional_logit
from capsim.calibration.moments import (
    MomentFit,
    Parameter,
    Target,
    admission_simulator,
    fit_moments,
)
from capsim.choice.travel import Alternatives, alternatives
from capsim.choice.utility import SIBLING, choice_set, term_names, term_values
from capsim.core import draws
from capsim.core.dims import ENTRY_GRADES, LEVELS
from capsim.core.errors import Problems
from capsim.scenario.schema import Scenario
from capsim.tables.cells import Parsed, parse_table
from capsim.tables.check.links import refer
from capsim.tables.columns import Column, Table
from capsim.tables.files import read_rows

if TYPE_CHECKING:
    import pandas as pd

    from capsim.county.county import County

F64 = NDArray[np.float64]

ROUNDING_KM: Final = 1e-3
"""Homes within this of a cutoff count as those of the last child admitted."""

OBSERVED: Final = Table(
    "observed", "就读去向", "children of a settlement who attend a school",
    (
        Column("settlement", "id", "settlement they live in", True, ("村社区", "居住地")),
        Column("school", "id", "school they attend", True, ("学校", "学校代码")),
        Column("pupils", "count", "children; one a row if the column is missing",
               zh=("人数", "学生数"), default="1"),
        Column("income_group", "id", "income group of the scenario", zh=("收入组",),
               default="all groups, by their shares"),
    ),
    (),
)  # fmt: skip
CUTOFFS: Final = Table(
    "cutoffs", "录取线", "a school that was full",
    (
        Column("school", "id", "school", True, ("学校", "学校代码")),
        Column("cutoff_km", "number", "distance of the last child admitted, km", True,
               ("末位距离",)),
    ),
    ("school",),
)  # fmt: skip
MOMENTS: Final = Table(
    "moments", "统计值", "a share or mean that was counted",
    (
        Column("moment", "text", "name of the moment", True, ("指标",)),
        Column("value", "number", "value", True, ("数值",)),
        Column("spread", "number", "standard deviation of the count", True, ("误差",), low=1e-9),
    ),
    ("moment",),
)  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """Coefficients with their errors, and how well they fit.

    Attributes
    ----------
    level : str
    method : {"choices", "moments"}
    terms : tuple of str
    coefficients, standard_errors : ndarray of float64, shape (terms,)
        Standard errors are infinite for what the data do not identify.
    sentences : tuple of str
        Fit and what the data cannot tell, in words.
    """

    level: str
    method: str
    terms: tuple[str, ...]
    coefficients: F64
    standard_errors: F64
    sentences: tuple[str, ...]

    def frame(self) -> pd.DataFrame:
        """Return the coefficients as a table."""
        import pandas as pd

        return pd.DataFrame(
            {
                "term": self.terms,
                "coefficient": self.coefficients,
                "standard_error": self.standard_errors,
            }
        )

    def text(self) -> str:
        """Return table and sentences as plain text."""
        lines = [f"{self.level}: coefficients of utility by {self.method}"]
        rows = zip(self.terms, self.coefficients, self.standard_errors, strict=True)
        lines += [f"  {t:12} {c:9.4f}  +/- {e:.4f}" for t, c, e in rows]
        return "\n".join([*lines, *self.sentences])

    def settings(self) -> dict[str, Any]:
        """Return what the scenario should say, as nested keys."""
        known = np.isfinite(self.standard_errors)
        pairs = zip(self.terms, self.coefficients, known, strict=True)
        return {"choice": {"coefficients": {t: round(float(c), 4) for t, c, k in pairs if k}}}


def calibrate_to_choices(
    scenario: Scenario,
    observed: Path,
    *,
    level: str,
    terms: Sequence[str] = ("distance", "quality", "zone"),
    cutoffs: Path | None = None,
) -> Calibration:
    """Fit coefficients to children counted by home and school, or listed one by one.

    Parameters
    ----------
    scenario : Scenario
        Its tables give homes, schools, distances, zones and quality.
    observed : Path
        Table of :data:`OBSERVED`: CSV or XLSX.
    level : {"primary", "junior"}
    terms : sequence of str
        Terms of utility to fit.
    cutoffs : Path, optional
        Table of :data:`CUTOFFS`: schools that were full and the distance of the last child they
        admitted. Children living farther could not have gone there, which the fit must know;
        without the table every school counts as open to every child.

    Returns
    -------
    Calibration

    Raises
    ------
    InvalidInput
        With every fault of the tables.
    """
    from capsim.county.county import build_county

    problems = Problems()
    _check_terms(terms, problems)
    problems.raise_if_any()
    county = build_county(scenario, replicates=1)
    around = _alternatives(county, level)
    rows, counts, groups = _read_observed(observed, county, around, level)
    design = _design(county, around, level, tuple(terms))[groups, rows]
    limit = np.full(around.km.shape[1], np.inf)
    if cutoffs is not None:
        limit = _read_cutoffs(cutoffs, county, limit)
    schools = around.candidates[rows]
    past = around.candidate_km[rows] - np.append(limit, -np.inf)[schools]
    could = (schools >= 0) & ((past < 0) | (counts > 0))
    # Where the last child admitted lives, some were and some were not: nobody knows who.
    marginal = (np.abs(past) <= ROUNDING_KM).any(axis=1)
    beyond = float(counts[(past > ROUNDING_KM) & ~marginal[:, None]].sum())
    left_out = float(counts[marginal].sum())
    design, counts, could = design[~marginal], counts[~marginal], could[~marginal]
    fit = conditional_logit(design, counts, terms, available=could)
    sentences = [
        f"{fit.choices:,.0f} children; log-likelihood {fit.log_likelihood:,.1f} against "
        f"{fit.log_likelihood_null:,.1f} without coefficients (rho squared {fit.rho_squared:.3f})."
    ]
    if cutoffs is None:
        sentences.append(
            "No cutoffs were given: where schools were full, refused children look as if they had "
            "not wanted them, and the coefficients are biased."
        )
    if left_out:
        sentences.append(
            f"{left_out:,.0f} children of homes at which a school closed are left out: some of "
            "them could have gone there and some not."
        )
    if beyond:
        sentences.append(f"{beyond:,.0f} children attend a school beyond its cutoff.")
    if fit.unidentified:
        sentences.append(f"The data do not tell apart: {', '.join(fit.unidentified)}.")
    return Calibration(
        level, "choices", fit.terms, fit.coefficients, fit.standard_errors, tuple(sentences)
    )


def calibrate_to_moments(
    scenario: Scenario,
    moments: Path,
    *,
    level: str,
    parameters: Mapping[str, tuple[float, float]],
) -> Calibration:
    """Fit coefficients so that the admission of the base year's entrants shows counted totals.

    Parameters
    ----------
    scenario : Scenario
        Its rules are applied.
    moments : Path
        Table of :data:`MOMENTS`, with names of
        :func:`capsim.calibration.moments.admission_moments`.
    level : {"primary", "junior"}
    parameters : mapping of str to (float, float)
        Coefficients to fit, with their bounds.

    Returns
    -------
    Calibration

    Raises
    ------
    InvalidInput
        With every fault of the table, and unknown moments or terms.
    """
    from capsim.county.county import build_county

    county = build_county(scenario, replicates=1)
    simulate = _simulator(county, level)
    targets = _read_moments(moments, simulate({}), parameters)
    fit = fit_moments(
        simulate,
        [Parameter(name, low, high) for name, (low, high) in parameters.items()],
        targets,
    )
    return Calibration(
        level,
        "moments",
        tuple(parameters),
        fit.estimates,
        fit.standard_errors,
        _moment_sentences(fit),
    )


def _moment_sentences(fit: MomentFit) -> tuple[str, ...]:
    lines = [
        f"{t.name}: {found:.4f} simulated, {t.value:.4f} counted "
        f"({(found - t.value) / t.spread:+.1f} spreads)."
        for t, found in zip(fit.targets, fit.simulated, strict=True)
    ]
    if fit.at_bound:
        lines.append(f"On a bound: {', '.join(fit.at_bound)}.")
    if fit.unidentified:
        lines.append(f"These moments do not tell apart: {', '.join(fit.unidentified)}.")
    return tuple(lines)


def _alternatives(county: County, level: str) -> Alternatives:
    """Every school that admits at the level is an alternative of every home."""
    index = LEVELS.index(level)
    schools = county.schools
    admits = schools.is_open & schools.teaches[:, ENTRY_GRADES[index] - 1]
    return alternatives(
        county.distance_km,
        county.geography.zone[index],
        admits,
        schools.identity,
        candidates=len(schools),
        limit_km=county.scenario.enrolment.placement.travel_limit_km.at(level),
    )


def _design(county: County, around: Alternatives, level: str, terms: tuple[str, ...]) -> F64:
    """Terms by income group, home and alternative; the group after the last is their mean."""
    quality = np.nan_to_num(county.schools.quality[:, LEVELS.index(level)])
    choices = choice_set(around, around.candidates, tastes=county.tastes, quality=quality)
    values = term_values(choices, terms).astype(np.float64)
    share = [group.share for group in county.scenario.choice.families.income_groups]
    mean = np.tensordot(np.array(share), values, axes=1)
    return np.concatenate([values, mean[None]])


def _read(path: Path, table: Table, problems: Problems) -> Parsed | None:
    folder = path.resolve().parent
    raw = read_rows(path.name, folder, folder, table.name, table.name, problems)
    return None if raw is None else parse_table(raw, table, problems)


def _read_observed(
    path: Path, county: County, around: Alternatives, level: str
) -> tuple[NDArray[np.intp], F64, NDArray[np.intp]]:
    """Homes, counts by alternative, and income groups of the rows of the likelihood."""
    problems = Problems()
    parsed = _read(path, OBSERVED, problems)
    problems.raise_if_any()
    assert parsed is not None
    homes, schools = county.geography.settlements, county.schools.ids
    admitting = [schools[s] for s in np.unique(around.candidates[around.candidates >= 0])]
    groups = [group.name for group in county.scenario.choice.families.income_groups]
    refer(parsed, "settlement", homes, "settlement", problems)
    refer(parsed, "school", admitting, f"school that admits at level {level}", problems)
    refer(parsed, "income_group", groups, "income group", problems)
    problems.raise_if_any()
    frame = parsed.frame
    home = np.array([homes.index(h) for h in frame["settlement"]])
    school = np.array([schools.index(s) for s in frame["school"]])
    named = [g if isinstance(g, str) else None for g in frame["income_group"]]
    group = np.array([len(groups) if g is None else groups.index(g) for g in named])
    pupils = np.ones(len(frame))
    if "pupils" in parsed.given:
        pupils = np.nan_to_num(frame["pupils"].to_numpy(np.float64))
    cells, row = np.unique(group * len(homes) + home, return_inverse=True)
    rows = cells % len(homes)
    counts = np.zeros((len(cells), around.candidates.shape[1]))
    position = (around.candidates[home] == school[:, None]).argmax(axis=1)
    np.add.at(counts, (row, position), pupils)
    return rows, counts, cells // len(homes)


def _read_cutoffs(path: Path, county: County, limit: F64) -> F64:
    problems = Problems()
    parsed = _read(path, CUTOFFS, problems)
    if parsed is not None:
        refer(parsed, "school", county.schools.ids, "school", problems)
    problems.raise_if_any()
    assert parsed is not None
    for school, km in zip(parsed.frame["school"], parsed.frame["cutoff_km"], strict=True):
        limit[county.schools.ids.index(school)] = km
    return limit


def _read_moments(
    path: Path, known: Mapping[str, float], parameters: Mapping[str, tuple[float, float]]
) -> list[Target]:
    problems = Problems()
    parsed = _read(path, MOMENTS, problems)
    if parsed is not None:
        refer(parsed, "moment", list(known), "moment", problems)
    _check_terms(tuple(parameters), problems)
    problems.raise_if_any()
    assert parsed is not None
    columns = (parsed.frame[c] for c in ("moment", "value", "spread"))
    return [Target(str(n), float(v), float(s)) for n, v, s in zip(*columns, strict=True)]


def _check_terms(terms: Sequence[str], problems: Problems) -> None:
    known = [name for name in term_names() if name != SIBLING]
    for name in terms:
        if name not in known:
            problems.add("terms", f"unknown term {name}", f"known: {', '.join(known)}")


def _simulator(county: County, level: str) -> Any:
    """The admission of the base year's entrants, with the same draws every time."""
    index = LEVELS.index(level)
    scenario, schools, families = county.scenario, county.schools, county.families
    grade = ENTRY_GRADES[index]
    entering = np.flatnonzero(
        (families.grade(scenario.years.base) == grade) & (families.school >= 0)
    )
    count = len(entering)
    none = np.full(count, -1, dtype=np.int32)
    applicants = Applicants(
        identity=families.identity[entering],
        household=families.household[entering],
        settlement=families.settlement[entering],
        registration=families.registration[entering],
        points=np.zeros(count, dtype=np.float32),
        direct_school=none,
        sibling_school=none,
        income=families.income[entering],
        boards=families.boards[entering],
    )
    admits = schools.is_open & schools.teaches[:, grade - 1]
    grades = np.maximum(schools.teaches[:, 6 * index : 6 * index + (6, 3)[index]].sum(axis=1), 1)
    rooms = -(-schools.rooms[:, index] // grades) * admits
    cap, hard = county.class_cap[index], county.hard_cap[index]
    offer = Offer((rooms * cap).astype(int), (rooms * (hard - cap)).astype(int), schools.beds)

    def of(process: str) -> draws.Stream:
        return draws.stream(scenario.seed, 0, process, scenario.years.base)

    return admission_simulator(
        applicants,
        offer,
        _alternatives(county, level),
        Demand(county.tastes, np.nan_to_num(schools.quality[:, index])),
        county.rules[index],
        AdmissionStreams(of("lottery"), of("private lottery"), of("seat lock"), of("taste")),
        schools.settlement_kind == 0,
    )
