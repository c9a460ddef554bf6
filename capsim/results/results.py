"""Results of a run: one labelled dataset, its tables, its differences, saved without loss."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from capsim.core.catalogue import BY_NAME, RUN_DIMS, Variable
from capsim.core.errors import InvalidInput
from capsim.core.quantiles import BAND

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

RESULTS_FILE = "results.nc"
# The same money in two kinds of yuan: adding them up would count it twice.
NEVER_ADDED = frozenset({"price_basis"})


class Results:
    """The outcome of :func:`capsim.run`: scenarios x replicates x years.

    Attributes
    ----------
    data : xarray.Dataset
        All variables, with ``scenario, replicate, year`` first; units and names in the attributes
        of each variable, the provenance as one JSON string in ``attrs["provenance"]``.
    """

    def __init__(self, data: xr.Dataset) -> None:
        self.data = data

    def __repr__(self) -> str:
        sizes = self.data.sizes
        return (
            f"<capsim.Results: {sizes['scenario']} scenario(s), {sizes['replicate']} replicate(s), "
            f"{int(self.data.year[0])}-{int(self.data.year[-1])}, "
            f"{len(self.data.data_vars)} variables>"
        )

    def _repr_html_(self) -> str:
        """A short table for notebooks; ``results.data`` shows the variables."""
        scenarios = ", ".join(str(name) for name in self.data.scenario.values)
        sizes = self.data.sizes
        rows = {
            "scenarios": scenarios,
            "replicates": f"{sizes['replicate']:,}",
            "years": f"{int(self.data.year[0])}-{int(self.data.year[-1])}",
            "places": f"{sizes.get('township', 0)} townships, {sizes.get('school', 0)} schools",
            "variables": f"{len(self.data.data_vars)}, see <code>results.data</code>",
        }
        cells = "".join(f"<tr><th>{name}</th><td>{said}</td></tr>" for name, said in rows.items())
        return f"<table><caption>capsim results</caption>{cells}</table>"

    def __getitem__(self, name: str) -> xr.DataArray:
        """One variable: ``results["roll"]`` (``results.data.roll`` is a method of xarray).

        Raises
        ------
        InvalidInput
            If there is no such variable; near names are suggested.
        """
        self._variable(name)
        return self.data[name]

    @property
    def provenance(self) -> dict[str, Any]:
        """Versions, resolved scenarios, input hashes, seed and information date of the run."""
        loaded: dict[str, Any] = json.loads(self.data.attrs["provenance"])
        return loaded

    @property
    def plot(self) -> Plots:
        """Figures by name: ``results.plot.seat_gap(lang="zh")``."""
        return Plots(self.data)

    def table(
        self,
        name: str,
        by: Sequence[str] = ("year",),
        *,
        quantiles: Sequence[float] = BAND,
    ) -> pd.DataFrame:
        """Return one variable as a tidy table with bands over replicates.

        Parameters
        ----------
        name : str
            A variable of the dataset.
        by : sequence of str
            Dimensions to keep; the others are added up where the variable adds up; years only of
            flows and births, never of a stock. ``scenario`` is always kept. With ``replicate``
            among them, single replicates are listed.
        quantiles : sequence of float
            Quantiles over replicates, named ``p10``, ``p50``, ``p90`` ...

        Returns
        -------
        DataFrame
            Columns: ``scenario``, the dimensions of `by`, then ``value`` (when `by` holds
            ``replicate``) or ``mean`` and the quantiles.

        Raises
        ------
        InvalidInput
            If the variable or a dimension is unknown, or a dimension to be dropped does not add.
        """
        variable = self._variable(name)
        array = self.data[name]
        keep = ["scenario", *[d for d in by if d != "scenario"]]
        unknown = [d for d in keep if d not in array.dims]
        if unknown:
            raise InvalidInput.of(
                f"table({name!r})",
                f"has no dimension {', '.join(unknown)}",
                f"its dimensions are {', '.join(map(str, array.dims))}",
            )
        dropped = [d for d in array.dims if d not in keep and d != "replicate"]
        if dropped:
            self._require_adding(variable, [str(d) for d in dropped])
            array = array.sum(dropped, min_count=1)
        array = array.reset_coords(drop=True)
        if "replicate" in keep:
            frame = array.to_dataframe("value").reset_index()
            return frame[[*keep, "value"]]
        mean = array.mean("replicate").to_dataframe("mean").reset_index()[[*keep, "mean"]]
        values = array.transpose("replicate", *keep).values
        for q, column in zip(quantiles, replicate_quantiles(values, quantiles), strict=True):
            mean[f"p{round(100 * q):02d}"] = column.reshape(-1)
        return mean

    def delta(self, baseline: str) -> xr.Dataset:
        """Return the differences of every other scenario from `baseline`, paired by replicate.

        Raises
        ------
        InvalidInput
            If the scenario is unknown.
        """
        names = [str(s) for s in self.data.scenario.values]
        if baseline not in names:
            raise InvalidInput.of(
                "delta", f"unknown scenario {baseline!r}", f"known: {', '.join(names)}"
            )
        numeric = self.data[[n for n in self.data.data_vars if n in BY_NAME]]
        base = numeric.sel(scenario=baseline, drop=True)
        others = [n for n in names if n != baseline]
        import xarray as xr

        with xr.set_options(keep_attrs=True):  # type: ignore[no-untyped-call]
            return numeric.sel(scenario=others).astype("float64") - base.astype("float64")

    def to_parquet(self, folder: str | Path, names: Sequence[str] | None = None) -> list[Path]:
        """Write variables as Parquet tables, one row a cell, and return their paths.

        Parameters
        ----------
        folder : path
            Made if it is not there; each variable becomes ``<name>.parquet``.
        names : sequence of str, optional
            Default: every variable.

        Raises
        ------
        InvalidInput
            If a variable is unknown or the package pyarrow is not installed.
        """
        _require_package("pyarrow", "Parquet")
        target = Path(folder)
        chosen = list(names) if names is not None else [str(name) for name in self.data.data_vars]
        for name in chosen:
            self._variable(name)
        target.mkdir(parents=True, exist_ok=True)
        paths = []
        for name in chosen:
            frame = self.data[name].reset_coords(drop=True).to_dataframe(name).reset_index()
            paths.append(target / f"{name}.parquet")
            frame.to_parquet(paths[-1], index=False)
        return paths

    def to_geopackage(self, path: str | Path, name: str, *, crs: str | None = None) -> Path:
        """Write the medians of a variable by school or township as points of a GeoPackage.

        Parameters
        ----------
        path : path
        name : str
            A variable with the dimension ``school`` or ``township``; one layer a scenario, one
            row a place and cell of the other dimensions.
        crs : str, optional
            Coordinate reference system of ``x_km`` and ``y_km`` times 1,000, such as
            ``EPSG:4545``; left out where the county's grid is none of the known ones.

        Raises
        ------
        InvalidInput
            If the variable is unknown or of no place, or geopandas is not installed.
        """
        _require_package("geopandas", "GeoPackage")
        import geopandas

        self._variable(name)
        array = self.data[name]
        place = next((dim for dim in ("school", "township") if dim in array.dims), None)
        if place is None:
            raise InvalidInput.of(name, "is neither of schools nor of townships")
        x, y = ("x_km", "y_km") if place == "school" else ("township_x_km", "township_y_km")
        where = self.data[[x, y]].reset_coords().to_dataframe()[[x, y]]
        for scenario in self.data.scenario.values:
            median = array.sel(scenario=scenario).median("replicate").reset_coords(drop=True)
            frame = median.to_dataframe(name).reset_index().join(where, on=place)
            points = geopandas.points_from_xy(1000.0 * frame[x], 1000.0 * frame[y])
            layer = geopandas.GeoDataFrame(frame.drop(columns=[x, y]), geometry=points, crs=crs)
            layer.to_file(path, layer=str(scenario), driver="GPKG")
        return Path(path)

    def save(self, folder: str | Path) -> Path:
        """Write ``results.nc`` into a folder and return its path; nothing is lost on reading back.

        The file is written under a temporary name and renamed when whole.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        path = target / RESULTS_FILE
        part = path.with_suffix(".nc.part")
        encoding = {
            str(name): {"zlib": True, "complevel": 1, "shuffle": True}
            for name, array in self.data.data_vars.items()
            if array.dtype.kind in "iuf" and array.ndim
        }
        self.data.to_netcdf(part, engine="h5netcdf", encoding=encoding)
        part.replace(path)
        return path

    def _variable(self, name: str) -> Variable:
        if name not in self.data:
            from difflib import get_close_matches

            near = get_close_matches(name, [str(v) for v in self.data.data_vars], n=1)
            raise InvalidInput.of(
                f"table({name!r})",
                "unknown variable",
                f'did you mean "{near[0]}"?' if near else "see results.data",
            )
        return BY_NAME[name]

    @staticmethod
    def _require_adding(variable: Variable, dropped: list[str]) -> None:
        stock_over_years = "year" in dropped and not variable.flow and variable.name != "births"
        if variable.adds != "sum" or stock_over_years or NEVER_ADDED & set(dropped):
            raise InvalidInput.of(
                f"table({variable.name!r})",
                f"does not add up over {', '.join(dropped)}",
                f"keep them in by=, for instance by={list(dict.fromkeys([*dropped, 'year']))}",
            )


def as_dataset(results: Results | xr.Dataset | str | Path) -> xr.Dataset:
    """Return the dataset of results given as such, as a dataset, or as the path of a run."""
    if isinstance(results, Results):
        return results.data
    return open_results(results).data if isinstance(results, str | Path) else results


def _require_package(name: str, what: str) -> None:
    from importlib.util import find_spec

    if find_spec(name) is None:
        raise InvalidInput.of(what, f"needs the package {name}", "install capsim with extra [gis]")


class Plots:
    """Figures of a dataset by name; each returns a matplotlib figure."""

    def __init__(self, data: xr.Dataset) -> None:
        self._data = data

    def __getattr__(self, name: str) -> Any:
        from importlib import import_module

        figures = import_module("capsim.figures").FIGURES
        if name not in figures:
            raise AttributeError(f"no figure {name!r}; there are {', '.join(sorted(figures))}")

        def draw(**options: Any) -> Any:
            return figures[name](self._data, **options)

        draw.__doc__ = figures[name].__doc__
        return draw

    def __dir__(self) -> Iterable[str]:
        from importlib import import_module

        return sorted(import_module("capsim.figures").FIGURES)


def open_results(path: str | Path, *, variables: Collection[str] | None = None) -> Results:
    """Read results from a run's folder or from its ``results.nc``.

    Parameters
    ----------
    path : path
    variables : collection of str, optional
        Variables to read, where the results hold them; default all.

    Raises
    ------
    InvalidInput
        If there is no such file, or the file is not a result of capsim.
    """
    import xarray as xr

    target = Path(path)
    file = target / RESULTS_FILE if target.is_dir() else target
    if not file.is_file():
        raise InvalidInput.of(str(path), "there are no results here", "give a folder of a run")
    try:
        with xr.open_dataset(file, engine="h5netcdf") as lazy:
            left = [n for n in lazy.data_vars if variables is not None and n not in variables]
            data = lazy.drop_vars(left).load()
    except (OSError, ValueError) as error:
        raise InvalidInput.of(str(file), f"cannot be read as results: {error}") from error
    if "provenance" not in data.attrs or not set(RUN_DIMS) <= set(data.dims):
        raise InvalidInput.of(str(file), "is not a result of capsim")
    return Results(data)


def replicate_quantiles(
    values: NDArray[Any], quantiles: Sequence[float] = BAND
) -> NDArray[np.float64]:
    """Return quantiles over the first axis, missing replicates left out.

    Cells that are missing in every replicate stay missing. Cells without gaps, which are nearly
    all, are done at once; only those with some replicates missing need the slow way.

    Parameters
    ----------
    values : ndarray, shape (replicates, ...)
    quantiles : sequence of float

    Returns
    -------
    ndarray of float64, shape (quantiles, ...)
    """
    flat = values.reshape(len(values), -1).astype(np.float64)
    levels = np.asarray(quantiles, dtype=np.float64)
    result = np.quantile(flat, levels, axis=0)
    missing = np.isnan(flat).sum(axis=0)
    some = np.flatnonzero((missing > 0) & (missing < len(flat)))
    if len(some):
        result[:, some] = np.nanquantile(flat[:, some], levels, axis=0)
    return np.asarray(result.reshape(len(levels), *values.shape[1:]))
