"""The command in a process of its own: how fast help is, and consoles that know few characters."""

import os
import shutil
import subprocess
import sys

import pytest

resource = pytest.importorskip("resource", reason="CPU time of children is not measured here")

SHORT = ("--replicates", "1", "--set", "years.horizon=2021")


def seconds_of(*arguments: str) -> float:
    """CPU seconds of a command in a new process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-m", "capsim", *arguments], capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_is_instant():
    """0.3 s on a quiet machine; twice that is allowed where others work as well."""
    assert min(seconds_of("--help") for _ in range(3)) < 0.6


def test_help_loads_no_heavy_library():
    code = (
        "import sys\n"
        "from capsim.cli.app import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'pandas', 'xarray', 'matplotlib', 'statsmodels', 'mesa', 'scipy'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["run", "report", "compare", "check", "init", "backtest"])
def test_every_command_has_help(call, command):
    said = call(command, "--help")
    assert said.code == 0
    assert "Usage" in said.out


def test_a_console_of_gb2312_does_not_stop_a_run(county, tmp_path):
    """Characters the console cannot show are replaced, there and nowhere else."""
    copy = tmp_path / "夹江 塱漷"
    shutil.copytree(county, copy)
    baseline = copy / "baseline.yaml"
    text = baseline.read_text(encoding="utf-8")
    baseline.write_text(text.replace("name_zh: 示例县", "name_zh: 𪩘漷塱县"), encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "gb2312", "PYTHONUTF8": "0"}

    def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "capsim", *arguments],
            cwd=copy, env=environment, capture_output=True,
        )  # fmt: skip

    shown = run("show", "baseline.yaml")
    assert shown.returncode == 0, shown.stderr
    assert "?" in shown.stdout.decode("gb2312")
    done = run("run", "baseline.yaml", *SHORT, "--lang", "zh", "--out", "结果 塱")
    assert done.returncode == 0, done.stderr.decode("gb2312", "replace")
    assert "学位" in done.stdout.decode("gb2312")
    assert "Traceback" not in done.stderr.decode("gb2312", "replace")
    resolved = (copy / "结果 塱" / "scenario.resolved.yaml").read_text(encoding="utf-8")
    assert "𪩘漷塱县" in resolved
    wrong = run("check", "没有 塱.yaml")
    assert wrong.returncode == 3 and b"Traceback" not in wrong.stderr
