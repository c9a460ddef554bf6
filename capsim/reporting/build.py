"""The whole report as content, in the order in which a finance committee reads."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import xarray as xr

from capsim.figures.labels import scenario_label
from capsim.figures.words import check_lang
from capsim.reporting.content import Report
from capsim.reporting.facts import View, view
from capsim.reporting.numbers import joined
from capsim.reporting.sections import demand as sections_demand
from capsim.reporting.sections import plans as sections_plans
from capsim.reporting.sections import schools as sections_schools
from capsim.reporting.sections import sources as sources
from capsim.reporting.sections import standards as sections_standards
from capsim.reporting.sentences import subtitle
from capsim.results.reading import provenance

if TYPE_CHECKING:
    import pandas as pd


def build_report(
    data: xr.Dataset,
    *,
    lang: str = "en",
    scenario: str | None = None,
    backtest: pd.DataFrame | None = None,
    dated: dt.date | None = None,
) -> Report:
    """Return the content of a report.

    Parameters
    ----------
    data : Dataset
        Results of a run, as :mod:`capsim.core.catalogue` declares them.
    lang : {"en", "zh"}
        Language.
    scenario : str, optional
        Scenario that the report is about; default the first. The other scenarios stand beside it
        as alternatives.
    backtest : DataFrame, optional
        ``scores`` of a backtest of earlier forecasts.
    dated : datetime.date, optional
        Date printed under the title.

    Returns
    -------
    Report
        Sections in reading order. A section whose variables the results lack holds one sentence
        that says so.

    Raises
    ------
    InvalidInput
        If the language or the scenario is unknown.
    """
    v = view(data, lang=check_lang(lang), scenario=scenario)
    return report_of(v, backtest=backtest, dated=dated)


def report_of(
    v: View, *, backtest: pd.DataFrame | None = None, dated: dt.date | None = None
) -> Report:
    """Return the content of a report of a view; arguments as for :func:`build_report`."""
    sections = (
        sections_demand.answer(v),
        sections_demand.demand(v),
        sections_demand.gap(v),
        sections_schools.classes(v),
        sections_schools.villages(v),
        sections_schools.teachers(v),
        sections_plans.plans(v),
        sections_standards.standards(v),
        sources.backtest(v, backtest),
        sources.drivers(v),
        sources.sources(v),
        sources.limits(v),
    )
    information = provenance(v.data).get("information_date", "")
    place = sources.place_name(v) or v.say("report.county")
    return Report(
        title=v.say("report.title", place=place, first=v.base, last=v.horizon),
        subtitle=subtitle(
            scenario_label(v.data, v.scenario, v.lang),
            v.replicates,
            information if isinstance(information, str) else "",
            dated.isoformat() if dated else "",
            v.lang,
        ),
        lang=v.lang,
        sections=sections,
        colophon=colophon(v),
    )


def colophon(v: View) -> str:
    """Return the line that lets the numbers be traced: version, seed, packages, input hashes."""
    lines = provenance(v.data)
    version = lines.get("capsim") or lines.get("versions", {}).get("capsim", "")
    parts = [f"capsim {version}".strip()]
    if "seed" in lines:
        parts.append(v.say("report.colophon.seed", seed=lines["seed"]))
    n = v.replicates
    parts.append(v.say("report.colophon.replicates", count=n, n=f"{n:,}"))
    return joined(parts, "parts", v.lang)
