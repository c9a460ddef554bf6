"""The command line: results on stdout, everything else on stderr, exit codes that mean something.

Heavy libraries are imported inside the commands that need them, so that help is instant.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from capsim.cli.console import Console, fail
from capsim.core.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE, CapsimError

app = typer.Typer(
    name="capsim",
    help="Forecasts of school capacity: children, families, rules, classes, teachers and money.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Language = Literal["en", "zh"]
Level = Literal["primary", "junior"]
ScenarioFiles = Annotated[
    list[Path], typer.Argument(help="Scenario files (YAML).", metavar="SCENARIO...")
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="Override a key: years.horizon=2035. Repeatable.")
]
Stress = Annotated[
    list[str] | None,
    typer.Option("--stress", help="Collapse of births to show beside: china_2016. Repeatable."),
]
Lang = Annotated[Language, typer.Option("--lang", help="Language of text and figures.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no notes.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing run.")]


def _version(asked: bool) -> None:
    if asked:
        from capsim.core.version import VERSION

        print(f"capsim {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


@app.command()
def run(
    scenarios: ScenarioFiles,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the run.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Random futures.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random numbers.", min=0)] = None,
    jobs: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 1,
    sets: Sets = None,
    stress: Stress = None,
    lang: Lang = "en",
    documents: Annotated[
        str, typer.Option("--report", help="Write the report as well: html,docx,xlsx,pdf.")
    ] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Run scenarios; write results, tables and figures; print the answer in about ten lines."""
    from capsim.cli.run import run_command

    run_command(
        scenarios,
        out=out,
        replicates=replicates,
        seed=seed,
        jobs=jobs,
        overrides=sets or [],
        lang=lang,
        console=Console(quiet=quiet),
        as_json=as_json,
        force=force,
        stress=stress or [],
        formats=_listed(documents),
    )


@app.command()
def check(scenarios: ScenarioFiles, sets: Sets = None, quiet: Quiet = False) -> None:
    """Check scenarios and their tables without running them; list everything that is wrong."""
    from capsim.cli.inspect import check_command

    check_command(scenarios, overrides=sets or [], console=Console(quiet=quiet))


@app.command()
def show(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (YAML).")],
    resolved: Annotated[
        bool, typer.Option("--resolved", help="The whole scenario, defaults included.")
    ] = False,
    sets: Sets = None,
) -> None:
    """Show a scenario: its title, place and tables, or with --resolved every setting."""
    from capsim.cli.inspect import show_command

    show_command(scenario, resolved=resolved, overrides=sets or [])


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from capsim.cli.inspect import schema_command

    schema_command()


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="New folder.")],
    from_totals: Annotated[
        Path | None,
        typer.Option("--from-totals", help="Build a whole county from published totals (YAML)."),
    ] = None,
    example: Annotated[
        str | None, typer.Option("--example", help="Copy a shipped county: jiajiang.")
    ] = None,
) -> None:
    """Start one's own county: a commented template, a county from totals, or an example."""
    from capsim.cli.init import init_command

    init_command(folder, totals=from_totals, example=example, console=Console())


def _listed(text: str) -> list[str]:
    """Return the parts of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


Runs = Annotated[list[Path], typer.Argument(help="Folders of runs.", metavar="RUN...")]


@app.command()
def report(
    runs: Runs,
    formats: Annotated[
        str, typer.Option("--format", help="Documents: html,docx,xlsx,pdf.")
    ] = "html,docx,xlsx",
    out: Annotated[Path | None, typer.Option("--out", help="Folder; the run's by default.")] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="Scenario the report is about.")
    ] = None,
    backtest: Annotated[
        Path | None, typer.Option("--backtest", help="backtest.csv of capsim backtest --out.")
    ] = None,
    lang: Lang = "en",
    quiet: Quiet = False,
) -> None:
    """Write the report of a run (or of several, side by side) for a budget proposal."""
    from capsim.cli.report import report_command

    report_command(
        runs,
        out=out,
        formats=_listed(formats),
        lang=lang,
        scenario=scenario,
        backtest=backtest,
        console=Console(quiet=quiet),
    )


@app.command()
def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs, or scenario files to run.", metavar="RUN..."),
    ],
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="Scenario to compare with; the first.")
    ] = None,
    years: Annotated[list[int] | None, typer.Option("--year", help="Repeatable.")] = None,
    replicates: Annotated[int | None, typer.Option(help="For scenario files.", min=1)] = None,
    jobs: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 1,
    out: Annotated[Path | None, typer.Option("--out", help="CSV of all differences.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Compare scenarios, paired by replicate: differences, bands, chance that one is better."""
    from capsim.cli.compare import compare_command

    compare_command(
        runs,
        baseline=baseline,
        years=years or [],
        replicates=replicates,
        jobs=jobs,
        out=out,
        as_json=as_json,
        console=Console(quiet=quiet),
    )


@app.command()
def backtest(
    rolls: Annotated[Path, typer.Argument(help="CSV: year, area, grade or age, pupils.")],
    births: Annotated[Path, typer.Argument(help="CSV: year, area, births.")],
    entry: Annotated[str, typer.Option(help="Entry stage: grade=1 or age=5.")] = "grade=1",
    lag: Annotated[int, typer.Option(help="Years from birth to entry, for an age.")] = 6,
    origins: Annotated[str, typer.Option(help="Last years known: 2002-2010.")] = ...,  # type: ignore[assignment]
    horizons: Annotated[str, typer.Option(help="Years ahead.")] = "1,3,5",
    draws: Annotated[int, typer.Option(help="Futures for each forecast.", min=10)] = 400,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for scores and figure.")] = None,
    quiet: Quiet = False,
) -> None:
    """Test forecasts of rolls on past years: last value, progression ratios, capsim."""
    from capsim.cli.backtest import backtest_command

    backtest_command(
        rolls,
        births,
        entry=entry,
        lag=lag,
        origins=origins,
        horizons=horizons,
        draws=draws,
        out=out,
        console=Console(quiet=quiet),
    )


@app.command()
def explain(
    run: Annotated[Path, typer.Argument(help="Folder of a finished run.", metavar="RUN")],
    year: Annotated[int, typer.Option("--year", help="Entry year.")],
    level: Annotated[Level, typer.Option("--level", help="Level.")] = "primary",
    school: Annotated[str | None, typer.Option("--school", help="Who got in here?")] = None,
    township: Annotated[
        str | None, typer.Option("--township", help="Where did its children go, and why?")
    ] = None,
    scenario: Annotated[str | None, typer.Option("--scenario", help="The first if absent.")] = None,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    """Say who got in at a school and at which cutoff, or why children were placed elsewhere."""
    from capsim.cli.explain import explain_command

    explain_command(
        run,
        school=school,
        township=township,
        level=level,
        year=year,
        scenario=scenario,
        lang=lang,
        as_json=as_json,
    )


@app.command()
def calibrate(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (YAML).", metavar="SCENARIO")],
    choices: Annotated[
        Path | None, typer.Option("--choices", help="Table: settlement, school, pupils.")
    ] = None,
    cutoffs: Annotated[
        Path | None, typer.Option("--cutoffs", help="Table of full schools: school, cutoff_km.")
    ] = None,
    moments: Annotated[
        Path | None, typer.Option("--moments", help="Table: moment, value, spread.")
    ] = None,
    level: Annotated[Level, typer.Option("--level", help="Level.")] = "primary",
    term: Annotated[
        list[str] | None, typer.Option("--term", help="Term to fit to choices. Repeatable.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", help="Range: quality=0..3. Repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="YAML file for the keys.")] = None,
    quiet: Quiet = False,
) -> None:
    """Fit families' tastes to children counted by home and school, or to shares and means."""
    from capsim.cli.calibrate import calibrate_command

    calibrate_command(
        scenario,
        choices=choices,
        cutoffs=cutoffs,
        moments=moments,
        level=level,
        terms=term or ["distance", "quality", "zone"],
        parameters=parameter or [],
        out=out,
        console=Console(quiet=quiet),
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 bug, 2 usage, 3 invalid, 4 infeasible, 130 stop."""
    _never_fail_on_characters()
    try:
        status = app(args=arguments, standalone_mode=False)
    except CapsimError as error:
        fail(str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        fail("interrupted; nothing was written")
        sys.exit(EXIT_INTERRUPTED)
    except typer.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        sys.exit(_usage_or_bug(error))
    sys.exit(status if isinstance(status, int) else 0)


def _usage_or_bug(error: Exception) -> int:
    """Say what was wrong with the call, or show a bug with its traceback."""
    show_usage: Any = getattr(error, "show", None)
    if callable(show_usage):
        show_usage(file=sys.stderr)
        return int(getattr(error, "exit_code", EXIT_USAGE))
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    fail("this is a bug in capsim; please report it with the lines above")
    return EXIT_BUG


def _never_fail_on_characters() -> None:
    """Let consoles that cannot show a character show a substitute instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
