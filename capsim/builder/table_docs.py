"""The description of all tables, written from their declarations."""

from __future__ import annotations

from pydantic import BaseModel

from capsim.builder.totals import BuilderAssumptions
from capsim.tables.columns import REQUIRED, TABLES, Column


def describe_tables() -> str:
    """Return the tables and their columns as Markdown, Chinese headers included."""
    lines = ["# Tables", ""]
    for table in TABLES:
        needed = "required" if table.name in REQUIRED else "optional"
        lines += [
            f"## {table.name} ({table.title_zh}), {needed}",
            "",
            f"A row is {table.meaning}.",
            "",
            "| column | 中文表头 | what | if empty |",
            "|---|---|---|---|",
        ]
        lines += [_row(column) for column in table.columns]
        lines.append("")
    return "\n".join(lines)


def _row(column: Column) -> str:
    what = column.meaning
    if column.choices is not None:
        words = (f"{name} ({'/'.join(zh)})" for name, zh in column.choices.items())
        what += ": " + ", ".join(words)
    empty = "required" if column.required else column.default
    return f"| {column.name} | {', '.join(column.zh)} | {what} | {empty} |"


def describe_assumptions() -> str:
    """Return the rows of the builder's assumptions as a Markdown table without its head."""
    defaults = BuilderAssumptions()
    lines = []
    for name, field in BuilderAssumptions.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        value = getattr(defaults, name)
        shown = value.model_dump() if isinstance(value, BaseModel) else value
        meaning = " ".join((field.description or "").split())
        lines.append(f"| {name} | {_text(shown)} | {extra['unit']} | {meaning} |")
    return "\n".join(lines)


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item:g}" for key, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(f"{age}: {weight:g}" for age, weight in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
