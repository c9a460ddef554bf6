"""Names of scenarios and places as figures and documents show them."""

from __future__ import annotations

from collections.abc import Mapping

import xarray as xr

from capsim.figures.fonts import drawable
from capsim.figures.words import path_label
from capsim.results.reading import STRESS_MARK, resolved
from capsim.texts import field, own_first


def scenario_label(data: xr.Dataset, scenario: str, lang: str) -> str:
    """Return the title of a scenario in a language, else its name.

    A title that begins with the place, ``Jiajiang: two schools``, is shown without it: reports
    and figures are about one county, and sentences hold the titles of several plans.
    """
    base, _, path = scenario.partition(STRESS_MARK)
    settings = resolved(data, scenario) or resolved(data, base)
    titles = settings.get("title")
    titles = titles if isinstance(titles, Mapping) else {}
    title = next((str(titles[key]) for key in own_first(lang) if titles.get(key)), base)
    title = drawable(_without_place(title, settings.get("place")), base)
    return f"{title} ({path_label(path, lang)})" if path else title


def _without_place(title: str, place: object) -> str:
    names = [place.get(key) for key in ("name", "name_zh")] if isinstance(place, Mapping) else []
    for name in names:
        for colon in (":", "："):
            rest = title.removeprefix(f"{name}{colon}").strip()
            if name and rest and rest != title.strip():
                return rest[0].upper() + rest[1:]
    return title


def names_of(data: xr.Dataset, dim: str, lang: str) -> list[str]:
    """Return the names of schools, townships or planning areas in a language.

    The other language's name stands in where one is missing, then the identifier.
    """
    prefix = "" if dim == "school" else f"{dim}_"
    ids = [str(value) for value in data[dim].values]
    order = [field(f"{prefix}name", known) for known in own_first(lang)]
    columns = [data[key].values for key in order if key in data.coords]
    out = []
    for i, identifier in enumerate(ids):
        candidates = (str(values[i]).strip() for values in columns)
        name = next((c for c in candidates if c and c.lower() not in {"nan", "none"}), identifier)
        out.append(drawable(name, identifier))
    return out
