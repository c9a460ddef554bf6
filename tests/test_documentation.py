"""What the guide shows exists: commands and options, settings, names to import, files, targets."""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import typing
from pathlib import Path

import pytest
import typer
from pydantic import BaseModel

from capsim.cli.app import app
from capsim.core.errors import InvalidInput
from capsim.scenario.load import load
from capsim.scenario.schema import Scenario

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Blocks that need no files of the reader's.
RUNNABLE = {("demography.md", "project_population("), ("scenario.md", "dump(base)")}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (page.name, body)
        for page in PAGES
        for kind, body in FENCE.findall(text_of(page))
        if kind == language
    ]


def inline(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", text_of(page)))


def label(value: object) -> str:
    return value if isinstance(value, str) and value.endswith(".md") else ""


@pytest.mark.parametrize(("page", "body"), blocks("python"), ids=label)
def test_python_compiles_and_its_imports_resolve(page, body):
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            for alias in node.names:
                assert getattr(module, alias.name) is not None
        elif isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
    if "import capsim as cs" in body:
        import capsim

        for name in re.findall(r"\bcs\.(\w+)", body):
            assert getattr(capsim, name) is not None
    if "import capsim\n" in body:
        import capsim

        for name in re.findall(r"\bcapsim\.(\w+)\(", body):
            assert getattr(capsim, name) is not None


@pytest.mark.parametrize(
    ("page", "body"),
    [(p, b) for p, b in blocks("python") if any(p == q and part in b for q, part in RUNNABLE)],
    ids=label,
)
def test_python_that_needs_no_files_runs(page, body, monkeypatch):
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(compile(body, page, "exec"), names)
    assert set(names) - {"__builtins__"}


def test_the_runnable_blocks_are_there():
    for page, part in RUNNABLE:
        assert any(p == page and part in body for p, body in blocks("python")), page


@pytest.mark.parametrize(("page", "body"), blocks("yaml"), ids=label)
def test_yaml_uses_keys_that_exist(page, body, tmp_path):
    """Laid over the demonstration; schools and places of the example need not exist there."""
    county = tmp_path / "county"
    shutil.copytree(ROOT / "scenarios" / "jiajiang", county)
    lines = [line for line in body.splitlines() if not line.startswith(("extends:", "name:"))]
    (county / "example.yaml").write_text(
        "\n".join(["extends: baseline.yaml", "name: example", *lines]) + "\n", encoding="utf-8"
    )
    try:
        load(county / "example.yaml")
    except InvalidInput as error:
        wrong = [
            problem
            for problem in map(str, error.problems)
            if not re.search(r"no (school|settlement|township) is called|hill|central", problem)
        ]
        assert not wrong, "\n".join(wrong)


def commands() -> list[tuple[str, str]]:
    """Every call of capsim in the guide, in blocks and in the text."""
    found = []
    for page in PAGES:
        shown = [body for kind, body in FENCE.findall(text_of(page)) if kind in ("", "sh", "bash")]
        lines = [line for body in shown for line in body.splitlines()] + inline(page)
        for line in lines:
            call = re.search(r"(?:^|-m )capsim ((?:[a-z]+)(?: .*)?)$", line.split("#")[0].strip())
            if call:
                found.append((page.name, call[1]))
    return found


def test_commands_and_options_exist():
    tool = typer.main.get_command(app)
    known = typing.cast(typing.Any, tool).commands
    calls = commands()
    assert len(calls) > 10
    wrong = []
    for page, call in calls:
        name, *words = call.split()
        if name not in known:
            wrong.append(f"{page}: capsim {name}")
            continue
        options = {o for p in known[name].params for o in (*p.opts, *p.secondary_opts)}
        wrong += [
            f"{page}: capsim {name} {word}"
            for word in words
            if word.startswith("--") and word.split("=")[0] not in {*options, "--help"}
        ]
    assert not wrong, "\n".join(wrong)


def settings(model: type[BaseModel], path: str = "") -> set[str]:
    """Dotted keys of every section and setting."""
    found = set()
    for name, field in model.model_fields.items():
        key = f"{path}.{name}" if path else name
        found.add(key)
        for inner in models_in(field.annotation):
            found |= settings(inner, key)
    return found


def models_in(annotation: typing.Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in models_in(part)]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_dotted_settings_exist(page):
    known = settings(Scenario)
    sections = set(Scenario.model_fields)
    wrong = []
    for code in inline(page):
        key = code.split(":")[0].split("=")[0].strip()
        if not re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", key) or key.split(".")[0] not in sections:
            continue
        if key.endswith((".csv", ".yaml", ".py", ".md")):
            continue
        if (ROOT / "capsim" / f"{key.replace('.', '/')}.py").is_file():
            continue
        free = any(key.startswith(f"{k}.") for k in known if k in FREE_KEYS)
        if key not in known and not free:
            wrong.append(key)
    assert not wrong, f"{page.name}: {', '.join(wrong)}"


# Settings whose keys the user names: figures of standards, yields by type of dwelling.
FREE_KEYS = {"standards.figures", "sources", "demography.births.path", "housing.pupil_yield"}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_files_and_links_exist(page):
    text = text_of(page)
    links = [t for t in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in t]
    named = [
        code.split(":")[0]
        for code in inline(page)
        if re.match(r"(docs|tests|capsim|scenarios|notebooks)/[\w./-]+\.\w+$", code.split(":")[0])
    ]
    missing = [t for t in links if not (page.parent / t).exists()]
    missing += [t for t in named if not (ROOT / t).exists()]
    assert not missing, f"{page.name}: {', '.join(missing)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_modules_named_in_the_text_exist(page):
    for code in inline(page):
        name = code.split("(")[0]
        if not re.fullmatch(r"capsim(\.\w+)+", name):
            continue
        module, parts = "capsim", name.split(".")[1:]
        thing: object = importlib.import_module(module)
        for part in parts:
            try:
                thing = getattr(thing, part)
            except AttributeError:
                module = f"{getattr(thing, '__name__', module)}.{part}"
                thing = importlib.import_module(module)
        assert thing is not None, name


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    for page in PAGES:
        lines = [
            *inline(page),
            *(line for _, b in FENCE.findall(text_of(page)) for line in b.splitlines()),
        ]
        for line in lines:
            call = re.fullmatch(r"make ([a-z]+)", line.strip())
            assert call is None or call[1] in targets, f"{page.name}: {line}"


def test_every_page_is_listed_in_the_readme():
    readme = text_of(ROOT / "README.md")
    for page in PAGES[1:]:
        assert f"docs/{page.name}" in readme, page.name


def test_no_page_holds_a_path_of_a_machine():
    for page in PAGES:
        assert not re.search(r"/(home|work|root|tmp)/", text_of(page))
