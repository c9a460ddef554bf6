"""``capsim compare``: scenarios side by side, paired by replicate."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from capsim.cli.console import Console
from capsim.cli.inspect import load_all
from capsim.cli.runs import open_runs
from capsim.core.catalogue import BY_NAME
from capsim.core.errors import InvalidInput
from capsim.scenario.load import flatten
from capsim.texts import Text, has, said, say

# Differences that would print as 0.0 are left out.
SHOWN_FROM = 0.05


def compare_command(
    runs: Sequence[Path],
    *,
    baseline: str | None,
    years: Sequence[int],
    replicates: int | None,
    jobs: int,
    out: Path | None,
    as_json: bool,
    console: Console,
) -> None:
    """Compare the scenarios of runs, or run scenario files and compare them."""
    from capsim.results.compare import compare

    results = _results(runs, replicates, jobs, console)
    names = [str(s) for s in results.data.scenario.values]
    if len(names) < 2:
        raise InvalidInput.of("compare", f"there is only one scenario, {names[0]}", "name two")
    base = baseline if baseline is not None else names[0]
    last = int(results.data.year[-1])
    chosen = list(years) or sorted({min(2030, last), last})
    found = compare(
        results.data, base, years=chosen, input_differences=_inputs(results.provenance, base)
    )
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        found.table.to_csv(out, index=False, encoding="utf-8-sig", float_format="%.6g")
        console.note(console.word("compare.all", file=out))
    if as_json:
        print(found.table.to_json(orient="records", force_ascii=False))
        return
    for name in names:
        # A stress path belongs beside the scenario it was run for, not beside another's medians.
        if name != base and ("@" not in name or name.split("@")[1] == _path_of(base)):
            _print_one(found, name, base, chosen, console)


def _path_of(name: str) -> str:
    """The stress path of a scenario's name, empty for a scenario without one."""
    return name.partition("@")[2]


def _results(runs: Sequence[Path], replicates: int | None, jobs: int, console: Console) -> Any:
    if all(path.suffix in (".yaml", ".yml") for path in runs):
        from capsim.ensemble.run import run

        try:
            return run(
                load_all(runs, []), replicates=replicates, jobs=jobs, progress=console.progress
            )
        finally:
            console.close()
    return open_runs(runs)


def _inputs(provenance: dict[str, Any], base: str) -> dict[str, list[tuple[str, Any, Any]]]:
    """Return what differs between the resolved scenarios, name and title aside."""
    flat = {name: flatten(settings) for name, settings in provenance["scenarios"].items()}
    start = flat[base]
    skipped = ("name", "title", "description", "sources")
    differences: dict[str, list[tuple[str, Any, Any]]] = {}
    for name, settings in flat.items():
        keys = [k for k in {**start, **settings} if k.split(".")[0] not in skipped]
        differences[name] = [
            (k, start.get(k), settings.get(k)) for k in keys if start.get(k) != settings.get(k)
        ]
    return differences


def _print_one(found: Any, name: str, base: str, years: Sequence[int], console: Console) -> None:
    print(console.word("compare.pair", name=name, base=base))
    for year in years:
        inputs, outputs = found.beside(name, year)
        if year == years[0]:
            print(console.word("compare.inputs"))
            for row in inputs.itertuples():
                before, after = _short(row.baseline), _short(row.value)
                print(console.word("compare.input", key=row.key, before=before, after=after))
        moved = outputs[(outputs[["mean", "p10", "p90"]].abs() >= SHOWN_FROM).any(axis=1)]
        print(console.word("compare.outputs", year=year))
        for row in moved.to_dict("records"):
            print(_difference(row, console))
        if moved.empty:
            print(console.word("compare.nothing"))


def _difference(row: dict[str, Any], console: Console) -> str:
    """One difference as a line; codes are named in Chinese, in English they are the results'."""
    variable = Text({"en": row["variable"], "zh": BY_NAME[row["variable"]].long_name_zh})
    codes = [("level", "level"), ("settlement_kind", "settlement_kind")]
    where = [
        Text({"en": row[column], "zh": say(f"common.{group}.{row[column]}", "zh")})
        for column, group in codes
        if row.get(column)
    ]
    unit = f"common.unit.{row['unit']}"
    line = console.word(
        "compare.output",
        variable=said(variable, console.lang),
        where=" ".join(said(code, console.lang) for code in where),
        mean=row["mean"],
        low=row["p10"],
        high=row["p90"],
        unit=say(unit, console.lang) if has(unit, console.lang) else row["unit"],
    )
    better = row["probability_better"]
    if better != better:
        return line
    return console.word("compare.better", line=line, percent=100 * better)


def _short(value: Any, most: int = 80) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= most else f"{text[: most - 3]}..."
