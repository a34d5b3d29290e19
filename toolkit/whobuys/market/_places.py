"""Where the datasets are, and which known name a misspelt one is nearest to."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


def datasets_folder() -> Path:
    """Return the folder that holds the companies and the datasets.

    Returns
    -------
    pathlib.Path
        ``whobuys/_datasets`` in an installed package, ``datasets/`` beside ``toolkit/`` in a
        checkout.

    Raises
    ------
    FileNotFoundError
        If neither is there.

    Examples
    --------
    >>> (datasets_folder() / "companies" / "teahouse.yml").exists()
    True
    """
    here = Path(__file__).resolve()
    places = [here.parents[1] / "_datasets", here.parents[3] / "datasets"]
    for place in places:
        if (place / "companies").is_dir():
            return place
    looked = " and ".join(str(place) for place in places)
    raise FileNotFoundError(f"The datasets folder is missing: looked in {looked}. Install again.")


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest known name, or nothing."""
    near = get_close_matches(str(name).lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
