"""``capsim explain``: who got in where, and why children were placed elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

from capsim.cli.console import Console
from capsim.cli.runs import open_runs
from capsim.core.errors import InvalidInput


def explain_command(
    run: Path,
    *,
    school: str | None,
    township: str | None,
    level: str,
    year: int,
    scenario: str | None,
    console: Console,
    as_json: bool,
) -> None:
    """Print what an admission of a finished run decided at a school or for a township."""
    from capsim.reporting.explain import explain_area, explain_school

    if (school is None) == (township is None):
        raise InvalidInput.of("explain", "name a school or a township", "--school or --township")
    lang = console.lang
    data = open_runs([run]).data
    if school is not None:
        told = explain_school(data, school, level=level, year=year, scenario=scenario, lang=lang)
    else:
        assert township is not None
        told = explain_area(data, township, level=level, year=year, scenario=scenario, lang=lang)
    if as_json:
        answer = {"title": told.title, "sentences": told.sentences, "table": told.table}
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print(told.text())
