"""``capsim calibrate``: coefficients of utility from counts of children or from totals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from capsim.cli.console import Console
from capsim.cli.inspect import load_all
from capsim.core.errors import InvalidInput, Problems

_RANGE = re.compile(r"(\w+)=([-+.\deE]+)\.\.([-+.\deE]+)")


def calibrate_command(
    scenario: Path,
    *,
    choices: Path | None,
    cutoffs: Path | None,
    moments: Path | None,
    level: str,
    terms: Sequence[str],
    parameters: Sequence[str],
    out: Path | None,
    console: Console,
) -> None:
    """Fit coefficients and print them; write the scenario's keys to a file if one is named."""
    from ruamel.yaml import YAML

    from capsim.calibration.calibrate import calibrate_to_choices, calibrate_to_moments

    if (choices is None) == (moments is None):
        raise InvalidInput.of("calibrate", "name one table", "--choices or --moments")
    loaded = load_all([scenario], [])[0]
    if choices is not None:
        fit = calibrate_to_choices(loaded, choices, level=level, terms=terms, cutoffs=cutoffs)
    else:
        assert moments is not None
        fit = calibrate_to_moments(loaded, moments, level=level, parameters=_ranges(parameters))
    print(fit.text())
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w", encoding="utf-8") as stream:
            YAML().dump(fit.settings(), stream)
        console.note(console.word("calibrate.keys", file=out))


def _ranges(given: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Read ``quality=0..3`` and the like."""
    problems = Problems()
    ranges: dict[str, tuple[float, float]] = {}
    for text in given:
        match = _RANGE.fullmatch(text)
        try:
            if match is None:
                raise ValueError(text)
            ranges[match[1]] = (float(match[2]), float(match[3]))
        except ValueError:
            problems.add("--parameter", f"{text} is no range", "quality=0..3")
    if not given:
        problems.add("--parameter", "none given", "quality=0..3")
    problems.raise_if_any()
    return ranges
