"""The command line: results on stdout, everything else on stderr, exit codes that mean something.

Heavy libraries are imported inside the commands that need them, so that help is instant.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from capsim.cli.console import Console, fail
from capsim.cli.language import Command, Group, Voice, language_of_computer
from capsim.core.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE, CapsimError, InvalidInput
from capsim.texts import Lang, say

# What each command and option is for stands in texts/<language>/cli.yaml, under ``help``.
app = typer.Typer(
    name="capsim",
    cls=Group,
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Level = Literal["primary", "junior"]
ScenarioFiles = Annotated[list[Path], typer.Argument(metavar="SCENARIO...")]
ScenarioFile = Annotated[Path, typer.Argument(metavar="SCENARIO")]
Sets = Annotated[list[str] | None, typer.Option("--set")]
Stress = Annotated[list[str] | None, typer.Option("--stress")]
Language = Annotated[Lang | None, typer.Option("--lang")]
Quiet = Annotated[bool, typer.Option("--quiet")]
AsJson = Annotated[bool, typer.Option("--json")]
Force = Annotated[bool, typer.Option("--force")]
Jobs = Annotated[int, typer.Option(min=1)]
Replicates = Annotated[int | None, typer.Option(min=1)]
Out = Annotated[Path | None, typer.Option("--out")]


def _console(
    context: typer.Context, lang: Lang | None, paths: Sequence[Path] = (), *, quiet: bool = False
) -> Console:
    """Settle the language of a command and return its console."""
    voice: Voice = context.obj
    return Console(voice.settle(lang, paths), quiet=quiet)


def _version(asked: bool) -> None:
    if asked:
        from capsim.core.version import VERSION

        print(f"capsim {VERSION}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    pass


@app.command(cls=Command)
def run(
    context: typer.Context,
    scenarios: ScenarioFiles,
    out: Out = None,
    replicates: Replicates = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
    jobs: Jobs = 1,
    sets: Sets = None,
    stress: Stress = None,
    lang: Language = None,
    documents: Annotated[str, typer.Option("--report")] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """``capsim run``."""
    from capsim.cli.run import run_command

    run_command(
        scenarios,
        out=out,
        replicates=replicates,
        seed=seed,
        jobs=jobs,
        overrides=sets or [],
        console=_console(context, lang, scenarios, quiet=quiet),
        as_json=as_json,
        force=force,
        stress=stress or [],
        formats=_listed(documents),
    )


@app.command(cls=Command)
def check(
    context: typer.Context,
    scenarios: ScenarioFiles,
    sets: Sets = None,
    lang: Language = None,
    quiet: Quiet = False,
) -> None:
    """``capsim check``."""
    from capsim.cli.inspect import check_command

    console = _console(context, lang, scenarios, quiet=quiet)
    check_command(scenarios, overrides=sets or [], console=console)


@app.command(cls=Command)
def show(
    context: typer.Context,
    scenario: ScenarioFile,
    resolved: Annotated[bool, typer.Option("--resolved")] = False,
    sets: Sets = None,
    lang: Language = None,
) -> None:
    """``capsim show``."""
    from capsim.cli.inspect import show_command

    console = _console(context, lang, [scenario])
    show_command(scenario, resolved=resolved, overrides=sets or [], console=console)


@app.command(cls=Command)
def schema() -> None:
    """``capsim schema``."""
    from capsim.cli.inspect import schema_command

    schema_command()


@app.command(cls=Command)
def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument()],
    from_totals: Annotated[Path | None, typer.Option("--from-totals")] = None,
    example: Annotated[str | None, typer.Option("--example")] = None,
    lang: Language = None,
) -> None:
    """``capsim init``."""
    from capsim.cli.init import init_command

    console = _console(context, lang, [from_totals] if from_totals else ())
    init_command(folder, totals=from_totals, example=example, console=console)


def _listed(text: str) -> list[str]:
    """Return the parts of a list with commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


Runs = Annotated[list[Path], typer.Argument(metavar="RUN...")]


@app.command(cls=Command)
def report(
    context: typer.Context,
    runs: Runs,
    formats: Annotated[str, typer.Option("--format")] = "html,docx,xlsx",
    out: Out = None,
    scenario: Annotated[str | None, typer.Option("--scenario")] = None,
    backtest: Annotated[Path | None, typer.Option("--backtest")] = None,
    lang: Language = None,
    quiet: Quiet = False,
) -> None:
    """``capsim report``."""
    from capsim.cli.report import report_command

    report_command(
        runs,
        out=out,
        formats=_listed(formats),
        scenario=scenario,
        backtest=backtest,
        console=_console(context, lang, runs, quiet=quiet),
    )


@app.command(cls=Command)
def compare(
    context: typer.Context,
    runs: Runs,
    baseline: Annotated[str | None, typer.Option("--baseline")] = None,
    years: Annotated[list[int] | None, typer.Option("--year")] = None,
    replicates: Replicates = None,
    jobs: Jobs = 1,
    out: Out = None,
    lang: Language = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """``capsim compare``."""
    from capsim.cli.compare import compare_command

    compare_command(
        runs,
        baseline=baseline,
        years=years or [],
        replicates=replicates,
        jobs=jobs,
        out=out,
        as_json=as_json,
        console=_console(context, lang, runs, quiet=quiet),
    )


@app.command(cls=Command)
def backtest(
    context: typer.Context,
    rolls: Annotated[Path, typer.Argument()],
    births: Annotated[Path, typer.Argument()],
    entry: Annotated[str, typer.Option()] = "grade=1",
    lag: Annotated[int, typer.Option()] = 6,
    origins: Annotated[str, typer.Option()] = ...,  # type: ignore[assignment]
    horizons: Annotated[str, typer.Option()] = "1,3,5",
    draws: Annotated[int, typer.Option(min=10)] = 400,
    out: Out = None,
    lang: Language = None,
    quiet: Quiet = False,
) -> None:
    """``capsim backtest``."""
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
        console=_console(context, lang, quiet=quiet),
    )


@app.command(cls=Command)
def explain(
    context: typer.Context,
    run: Annotated[Path, typer.Argument(metavar="RUN")],
    year: Annotated[int, typer.Option("--year")],
    level: Annotated[Level, typer.Option("--level")] = "primary",
    school: Annotated[str | None, typer.Option("--school")] = None,
    township: Annotated[str | None, typer.Option("--township")] = None,
    scenario: Annotated[str | None, typer.Option("--scenario")] = None,
    lang: Language = None,
    as_json: AsJson = False,
) -> None:
    """``capsim explain``."""
    from capsim.cli.explain import explain_command

    explain_command(
        run,
        school=school,
        township=township,
        level=level,
        year=year,
        scenario=scenario,
        console=_console(context, lang, [run]),
        as_json=as_json,
    )


@app.command(cls=Command)
def calibrate(
    context: typer.Context,
    scenario: ScenarioFile,
    choices: Annotated[Path | None, typer.Option("--choices")] = None,
    cutoffs: Annotated[Path | None, typer.Option("--cutoffs")] = None,
    moments: Annotated[Path | None, typer.Option("--moments")] = None,
    level: Annotated[Level, typer.Option("--level")] = "primary",
    term: Annotated[list[str] | None, typer.Option("--term")] = None,
    parameter: Annotated[list[str] | None, typer.Option("--parameter")] = None,
    out: Out = None,
    lang: Language = None,
    quiet: Quiet = False,
) -> None:
    """``capsim calibrate``."""
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
        console=_console(context, lang, [scenario], quiet=quiet),
    )


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 bug, 2 usage, 3 invalid, 4 infeasible, 130 stop."""
    _never_fail_on_characters()
    voice = Voice(language_of_computer())
    try:
        status = app(args=arguments, standalone_mode=False, obj=voice)
    except CapsimError as error:
        fail(error.said(voice.lang) if isinstance(error, InvalidInput) else str(error))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        fail(say("cli.interrupted", voice.lang))
        sys.exit(EXIT_INTERRUPTED)
    except typer.Abort:
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:
        sys.exit(_usage_or_bug(error, voice.lang))
    sys.exit(status if isinstance(status, int) else 0)


def _usage_or_bug(error: Exception, lang: Lang) -> int:
    """Say what was wrong with the call, or show a bug with its traceback."""
    show_usage: Any = getattr(error, "show", None)
    if callable(show_usage):
        show_usage(file=sys.stderr)
        return int(getattr(error, "exit_code", EXIT_USAGE))
    import traceback

    traceback.print_exception(error, file=sys.stderr)
    fail(say("cli.bug", lang))
    return EXIT_BUG


def _never_fail_on_characters() -> None:
    """Let consoles that cannot show a character show a substitute instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
