"""The command line: results on stdout, everything else on stderr, exit codes that mean something.

Heavy libraries are imported inside the commands that need them, so that help is instant.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from capsim.commands.console import Console, fail
from capsim.errors import EXIT_BUG, EXIT_INTERRUPTED, EXIT_USAGE, CapsimError

app = typer.Typer(
    name="capsim",
    help="Forecasts of school capacity: children, families, rules, classes, teachers and money.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Language = Literal["en", "zh"]
ScenarioFiles = Annotated[
    list[Path], typer.Argument(help="Scenario files (YAML).", metavar="SCENARIO...")
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", help="Override a key: years.horizon=2035. Repeatable.")
]
Lang = Annotated[Language, typer.Option("--lang", help="Language of text and figures.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no notes.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing run.")]


@app.command()
def run(
    scenarios: ScenarioFiles,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the run.")] = None,
    replicates: Annotated[int | None, typer.Option(help="Random futures.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all random numbers.", min=0)] = None,
    jobs: Annotated[int, typer.Option(help="Worker processes.", min=1)] = 1,
    sets: Sets = None,
    lang: Lang = "en",
    quiet: Quiet = False,
    as_json: AsJson = False,
    force: Force = False,
) -> None:
    """Run scenarios; write results, tables and figures; print the answer in about ten lines."""
    from capsim.commands.run import run_command

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
    )


@app.command()
def check(scenarios: ScenarioFiles, sets: Sets = None, quiet: Quiet = False) -> None:
    """Check scenarios and their tables without running them; list everything that is wrong."""
    from capsim.commands.inspect import check_command

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
    from capsim.commands.inspect import show_command

    show_command(scenario, resolved=resolved, overrides=sets or [])


@app.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from capsim.commands.inspect import schema_command

    schema_command()


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="New folder.")],
    from_totals: Annotated[
        Path | None,
        typer.Option("--from-totals", help="Build a whole county from published totals (YAML)."),
    ] = None,
) -> None:
    """Start one's own county: a commented template with all tables, or a county from totals."""
    from capsim.commands.init import init_command

    init_command(folder, totals=from_totals, console=Console())


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 bug, 2 usage, 3 invalid, 4 infeasible, 130 stopped."""
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
