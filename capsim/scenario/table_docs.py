"""The description of all tables, written from their declarations."""

from __future__ import annotations

from capsim.scenario.table_columns import REQUIRED, TABLES, Column


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
