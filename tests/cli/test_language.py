"""In which language a command speaks."""

import pytest
import typer

from capsim.cli.app import app
from capsim.cli.language import Voice, language_of_computer, put_help
from capsim.scenario.language import language_of
from capsim.texts import LANGUAGES

COMMANDS = typer.main.get_command(app).commands


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_says_what_it_is_for(name, lang):
    command = COMMANDS[name]
    context = typer.Context(command)
    put_help(command, context, lang)
    assert command.help
    assert all(parameter.help for parameter in command.get_params(context))


def test_every_command_but_the_schema_takes_a_language():
    without = {n for n, c in COMMANDS.items() if "lang" not in {p.name for p in c.params}}
    assert without == {"schema"}


@pytest.mark.parametrize(
    ("variables", "lang"),
    [
        ({"LANGUAGE": "zh_CN:en", "LC_ALL": "en_GB.UTF-8"}, "zh"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_GB.UTF-8"}, "zh"),
        ({"LANG": "Chinese (Simplified)_China"}, "zh"),
        ({"LC_MESSAGES": "en_GB.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_the_computer_is_asked_as_other_programs_ask_it(monkeypatch, variables, lang):
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language_of_computer() == lang


def test_a_scenario_speaks_as_it_says_or_as_what_it_extends_says(tmp_path):
    (tmp_path / "base.yaml").write_text("language: zh  # the bureau's\n", encoding="utf-8")
    (tmp_path / "plan.yaml").write_text("extends: [base.yaml]\nseed: 1\n", encoding="utf-8")
    (tmp_path / "own.yaml").write_text("extends: base.yaml\nlanguage: en\n", encoding="utf-8")
    (tmp_path / "circle.yaml").write_text("extends:\n  - circle.yaml\n", encoding="utf-8")
    assert language_of([tmp_path / "plan.yaml"]) == "zh"
    assert language_of([tmp_path / "own.yaml"]) == "en"
    assert language_of([tmp_path / "circle.yaml", tmp_path / "missing.yaml"]) is None
    assert language_of([tmp_path / "circle.yaml", tmp_path / "plan.yaml"]) == "zh"


def test_what_is_asked_for_goes_before_the_scenario_and_that_before_the_computer(tmp_path):
    (tmp_path / "plan.yaml").write_text("language: zh\n", encoding="utf-8")
    paths = [tmp_path / "plan.yaml"]
    assert Voice("en").settle("en", paths) == "en"
    assert Voice("en").settle(None, paths) == "zh"
    assert Voice("zh").settle(None, []) == "zh"


def test_faults_of_a_chinese_scenario_are_said_in_chinese(call, county, tmp_path):
    text = (county / "baseline.yaml").read_text(encoding="utf-8")
    broken = text.replace("\nreplicates: 100", "\nreplicates: many")
    assert broken != text
    plan = tmp_path / "plan.yaml"
    # Not even the first line needs to be right for the others to be said in Chinese.
    plan.write_text(f"language: zh\n{broken}", encoding="utf-8")
    said = call("check", plan)
    assert said.code == 3
    assert "不是数字" in said.err
    assert "is not a number" in call("check", plan, "--lang", "en").err


def test_a_run_in_chinese_is_followed_by_a_comparison_in_chinese(call, county, tmp_path):
    text = (county / "baseline.yaml").read_text(encoding="utf-8")
    (county / "plan_zh.yaml").write_text(f"language: zh\n{text}", encoding="utf-8")
    short = ("--replicates", "1", "--set", "years.horizon=2021")
    try:
        first = call("run", county / "plan_zh.yaml", *short, "--out", tmp_path / "run")
    finally:
        (county / "plan_zh.yaml").unlink()
    assert first.code == 0, first.err
    assert "学位缺口" in first.out and "结果：" in first.out and "次模拟" in first.err
    assert "replicates" not in first.err
    alone = call("compare", tmp_path / "run")
    assert alone.code == 3
