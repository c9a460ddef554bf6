"""What the golden results hold: whole runs, the words made of them, and words of broken inputs.

``python tests/golden/golden_cases.py`` computes all of it anew and writes it beside this file.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SCENARIOS = ROOT / "scenarios" / "jiajiang"
RESULTS = HERE / "results.json"
BROKEN_WORDS = HERE / "broken.json"
SEEDS = (1, 20_170_901)
REPLICATES = 3
LANGUAGES = ("en", "zh")


def environment() -> dict[str, str]:
    """What decides the last bit: versions, and the processor features that NumPy uses."""
    from numpy._core._multiarray_umath import __cpu_features__ as features

    used = " ".join(sorted(name for name, has in features.items() if has))
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "numpy": np.__version__,
        "scipy": __import__("scipy").__version__,
        "machine": platform.machine(),
        "features": hashlib.sha256(used.encode()).hexdigest()[:16],
    }


def shipped() -> list[Path]:
    """Every scenario of the demonstration county, the baseline first."""
    plans = sorted(p for p in SCENARIOS.glob("*.yaml") if p.stem not in ("totals", "reported"))
    return sorted(plans, key=lambda path: path.stem != "baseline")


def digests(data: xr.Dataset) -> dict[str, dict[str, Any]]:
    """A digest of each variable and scenario, with a total that another machine should meet."""
    found: dict[str, dict[str, Any]] = {}
    for name in sorted(map(str, data.data_vars)):
        array = data[name]
        if array.dtype.kind not in "fiub":
            continue
        for scenario in data["scenario"].values:
            values = (
                array.sel(scenario=scenario).values if "scenario" in array.dims else array.values
            )
            numbers = values.astype(np.float64)
            found[f"{scenario}/{name}"] = {
                "sha256": hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16],
                "total": float(np.nansum(numbers)),
                "missing": int(np.isnan(numbers).sum()),
            }
    return found


def jiajiang(seed: int) -> Any:
    import capsim

    scenarios = [capsim.load(path, {"demography.births.stress_paths": []}) for path in shipped()]
    return capsim.run(scenarios, replicates=REPLICATES, seed=seed, jobs=1)


def stressed() -> Any:
    """Two plans and the stress path of the baseline, as the report shows them."""
    import capsim

    plans = [capsim.load(SCENARIOS / f"{name}.yaml") for name in ("baseline", "two_schools")]
    return capsim.run(plans, replicates=REPLICATES, seed=SEEDS[0], jobs=1)


def synthetic(background: str) -> Any:
    """The template county with nearly every mechanism on."""
    from settings_cases import BACKGROUNDS, add_tables

    import capsim
    from capsim.builder.county import init_template

    with tempfile.TemporaryDirectory() as folder:
        county = Path(folder) / "county"
        init_template(county)
        add_tables(county / "tables")
        scenario = capsim.load(county / "baseline.yaml", dict(BACKGROUNDS[background]))
        return capsim.run([scenario], replicates=REPLICATES, seed=SEEDS[0], jobs=1)


def report_text(data: xr.Dataset, lang: str) -> str:
    """Every sentence, cell and caption of the report."""
    from capsim.reporting.build import build_report

    report = build_report(data, lang=lang)
    lines = [report.title, report.subtitle, report.colophon.split(";")[-1].split("；")[-1].strip()]
    for section in report.sections:
        lines.append(f"# {section.title}")
        lines += [line for block in section.blocks for line in _lines(block)]
    return "\n".join(lines) + "\n"


def _lines(block: Any) -> Iterator[str]:
    from capsim.reporting.content import Answers, Bullets, Picture, Table, Text

    if isinstance(block, Text):
        yield f"{block.kind}: {block.text}"
    elif isinstance(block, Bullets):
        yield from (f"- {item}" for item in block.items)
    elif isinstance(block, Answers):
        yield from (f"{question} | {answer}" for question, answer in block.pairs)
    elif isinstance(block, Table):
        yield f"table: {block.caption} | {block.note}"
        yield " | ".join(column.header for column in block.columns)
        yield from (" | ".join(map(_cell, row)) for row in block.rows)
    elif isinstance(block, Picture):
        yield f"picture: {block.name} | {block.caption} | {block.alt}"


def _cell(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def summary_text(data: xr.Dataset, lang: str) -> str:
    from capsim.reporting.summary import summary_lines

    return "\n".join(summary_lines(data, lang=lang)) + "\n"


def workbook_text(data: xr.Dataset, lang: str) -> str:
    """Names, notes and headers of the sheets, and their first and last rows."""
    from capsim.reporting.build import report_of
    from capsim.reporting.facts import view
    from capsim.reporting.workbook.build import build_workbook

    v = view(data, lang=lang, scenario=None)
    lines = []
    for sheet in build_workbook(v, report_of(v)):
        lines += [f"# {sheet.name} | {sheet.title} | {sheet.note}", f"{len(sheet.rows)} rows"]
        lines.append(" | ".join(column.header for column in sheet.columns))
        kept = sheet.rows if len(sheet.rows) <= 60 else (*sheet.rows[:30], *sheet.rows[-30:])
        lines += [" | ".join(map(_cell, row)) for row in kept]
    return "\n".join(lines) + "\n"


def figure_text(data: xr.Dataset, lang: str) -> str:
    """The words on every figure."""
    import matplotlib.pyplot as plt
    from matplotlib.text import Text

    from capsim.figures.registry import FIGURES
    from capsim.results.reading import NothingToShow

    lines = []
    for name, draw in FIGURES.items():
        try:
            figure = draw(data, lang=lang)
        except NothingToShow as nothing:
            lines.append(f"# {name}: {nothing}")
            continue
        words = [text.get_text() for text in figure.findobj(Text)]
        lines.append(f"# {name}")
        lines += [word for word in words if word.strip()]
        plt.close(figure)
    return "\n".join(lines) + "\n"


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def broken_words() -> dict[str, str]:
    """What is printed for each broken input that the tests of inputs know."""
    from test_broken_inputs import BROKEN

    from capsim.builder.county import init_template
    from capsim.cli.app import main

    words = {}
    for name, (breaker, _) in BROKEN.items():
        with tempfile.TemporaryDirectory() as folder:
            county = Path(folder) / "county"
            init_template(county)
            with inside(county), redirect_stderr(StringIO()) as said, suppress(SystemExit):
                breaker()
                main(["run", "baseline.yaml", "--out", "runs/x", "--lang", "en"])
            words[name] = said.getvalue()
    return words


def texts() -> dict[str, Callable[[], str]]:
    """File name of each golden text and how it is made."""
    plans, busy = stressed().data, synthetic("busy").data
    made: dict[str, Callable[[], str]] = {}
    for lang in LANGUAGES:
        made |= {
            f"report.{lang}.txt": lambda lang=lang: report_text(plans, lang),
            f"report_synthetic.{lang}.txt": lambda lang=lang: report_text(busy, lang),
            f"summary.{lang}.txt": lambda lang=lang: summary_text(plans, lang),
            f"workbook.{lang}.txt": lambda lang=lang: workbook_text(plans, lang),
            f"figures.{lang}.txt": lambda lang=lang: figure_text(plans, lang),
        }
    return made


def runs() -> dict[str, Callable[[], Any]]:
    """Name of each golden run and how it is made."""
    found: dict[str, Callable[[], Any]] = {
        f"jiajiang seed {seed}": lambda seed=seed: jiajiang(seed) for seed in SEEDS
    }
    for background in ("busy", "scarce"):
        found[f"synthetic {background}"] = lambda background=background: synthetic(background)
    return found


def renew() -> None:
    """Compute everything anew and write it."""
    results = {name: digests(make().data) for name, make in runs().items()}
    golden = {"environment": environment(), "results": results}
    RESULTS.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    words = json.dumps(broken_words(), indent=1, ensure_ascii=False)
    BROKEN_WORDS.write_text(words + "\n", encoding="utf-8")
    for name, make in texts().items():
        (HERE / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    for folder in ("", "scenario"):
        sys.path.insert(0, str(ROOT / "tests" / folder))
    sys.path.insert(0, str(ROOT))
    renew()
