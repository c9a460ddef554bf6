"""``capsim run``: from scenario files to a run's folder and the answer in about ten lines."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from capsim.cli.console import Console
from capsim.cli.inspect import load_all
from capsim.cli.names import undrawable_names
from capsim.texts import LANGUAGES, said


def run_command(
    files: Sequence[Path],
    *,
    out: Path | None,
    replicates: int | None,
    seed: int | None,
    jobs: int,
    overrides: Sequence[str],
    console: Console,
    as_json: bool,
    force: bool,
    stress: Sequence[str] = (),
    formats: Sequence[str] = (),
) -> None:
    """Run scenario files and write the folder; see ``capsim run --help``."""
    from capsim.reporting.run_folder import require_free, write_run

    if formats:
        from capsim.reporting import check_formats

        check_formats(formats)
    target = out if out is not None else Path("runs") / files[0].stem
    require_free(target, force=force)
    scenarios = load_all(files, overrides)
    for scenario in scenarios:
        console.warnings([*scenario.provenance.warnings, *undrawable_names(scenario)])
    from capsim.ensemble.run import run
    from capsim.ensemble.stress import STRESS_MARK, with_stress_paths
    from capsim.reporting.summary import summary_lines

    with_stress_paths(scenarios, stress, where="--stress")

    started = time.monotonic()
    try:
        results = run(
            scenarios,
            replicates=replicates,
            seed=seed,
            jobs=jobs,
            progress=console.progress,
            stress=stress,
        )
    finally:
        console.close()
    seconds = time.monotonic() - started
    n, count = results.data.sizes["replicate"], results.data.sizes["scenario"]
    log = [console.word("run.took", replicates=n, scenarios=count, seconds=seconds, jobs=jobs)]
    for name, notes in results.provenance["notes"].items():
        # Under stress a scenario stands on the same tables as without.
        log += [f"{name}: {said(note, LANGUAGES[0])}" for note in notes if STRESS_MARK not in name]
    lines = summary_lines(results.data, lang=console.lang)
    folder = write_run(
        results, scenarios, target, lang=console.lang, force=force, log=log, summary=lines
    )
    for line in log:
        console.note(line)
    documents: tuple[Path, ...] = ()
    if formats:
        from capsim.cli.report import write_documents

        # The results are at hand: nothing has to be read back from the folder.
        documents = write_documents(results.data, folder, formats=formats, console=console)
    if as_json:
        answer = {"folder": str(folder), "summary": lines}
        if formats:
            answer["documents"] = [str(path) for path in documents]
        print(json.dumps(answer, ensure_ascii=False))
        return
    for line in lines:
        print(line)
    print(console.word("run.results", folder=folder))
    for path in documents:
        print(path)
