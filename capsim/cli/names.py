"""A look at the names of a county before a run: can every one of them be drawn?"""

from __future__ import annotations

from capsim.core.errors import Problem
from capsim.scenario.schema import Scenario


def undrawable_names(scenario: Scenario) -> list[Problem]:
    """Return a warning for each table whose names hold characters that no figure can show.

    Parameters
    ----------
    scenario : Scenario
        A loaded scenario.
    """
    from capsim.figures import undrawable_characters

    tables = scenario.tables()
    named = {
        "settlements": tables.settlements,
        "townships": tables.townships,
        "schools": tables.schools,
    }
    found = []
    for table, rows in named.items():
        columns = [c for c in ("name", "name_zh") if c in rows]
        texts = [str(text) for column in columns for text in rows[column].dropna()]
        missing = undrawable_characters(texts)
        if missing:
            found.append(
                Problem(
                    f"{table}: name",
                    f"no figure or document can show {' '.join(missing)}",
                    "the identifier is shown instead",
                )
            )
    return found
