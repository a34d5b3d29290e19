"""The perceptual map: brands near each other are seen alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whobuys.segment._lines import first_few, numbers, require_columns

Floats = NDArray[np.float64]
METHODS = ("pca", "mds", "correspondence")


@dataclass(frozen=True, eq=False)
class PerceptualMap:
    """Places of brands and features on two axes. Made by `perceptual_map`.

    Attributes
    ----------
    method : str
        "pca", "mds" or "correspondence".
    brands : DataFrame
        One row a brand: ``brand``, ``x``, ``y``.
    features : DataFrame
        One row a feature: ``feature``, ``x``, ``y``. For "pca" and "mds" the correlation of the
        feature with the axes (an arrow towards more of it); for "correspondence" its place in
        principal coordinates.
    explained : tuple of float
        Share of all differences each axis shows ("mds": of the placed distances' variance).
    stress : float
        "mds": Kruskal's stress-1, 0 is perfect; else missing.
    """

    method: str
    brands: pd.DataFrame
    features: pd.DataFrame
    explained: tuple[float, float]
    stress: float
    _project: tuple[Floats, Floats, Floats] | None = field(repr=False)
    _columns: tuple[str, ...] = field(repr=False)

    def place(self, ratings: pd.DataFrame, brand: str = "brand") -> pd.DataFrame:
        """Place other rows on the same map: an ideal product, a segment's wishes, a plan.

        `ratings` has the same columns as the map was made from; the result has ``brand``, ``x``,
        ``y``. The map itself does not move. Not possible with "mds".
        """
        if self._project is None:
            raise ValueError('A map by "mds" has no place for new rows. Use "pca".')
        require_columns(ratings, {"brand": brand} | {c: c for c in self._columns}, table="ratings")
        values = _values(ratings, self._columns, "ratings")
        center, scale, axes = self._project
        if self.method == "correspondence":
            values = values / values.sum(axis=1, keepdims=True)
        at = (values - center) / scale @ axes
        return pd.DataFrame({"brand": ratings[brand].tolist(), "x": at[:, 0], "y": at[:, 1]})


def perceptual_map(
    ratings: pd.DataFrame,
    features: Sequence[str],
    *,
    method: Literal["pca", "mds", "correspondence"] = "pca",
    standardise: bool = False,
    brand: str = "brand",
) -> PerceptualMap:
    """Draw brands onto two axes so that those rated alike lie near each other.

    Parameters
    ----------
    ratings : DataFrame
        One row a brand: mean ratings, or (for "correspondence") counts of people who said it.
    features : sequence of str
        Columns with the ratings.
    method : {"pca", "mds", "correspondence"}
        "pca": the two directions in which brands differ most. "mds": places whose distances come
        nearest to the distances between the ratings. "correspondence": for counts, profiles against
        each other whatever their size.
    standardise : bool
        Give every feature the same spread first ("pca" and "mds"). Needed for different units; on
        one rating scale it makes noise in a feature nobody differs in as loud as the rest.
    brand : str
        Column of the brands' names.

    Returns
    -------
    PerceptualMap
        ``brands``, ``features``, ``explained``, ``stress`` and `place`. The signs are fixed: on
        each axis the feature with the strongest pull points to the right, or up.

    Raises
    ------
    ValueError
        A column is missing, there are fewer than three brands or two features, a brand stands
        twice, nothing differs, or a count is negative.

    Notes
    -----
    PCA by scikit-learn; metric MDS by majorisation from the PCA start (SMACOF: de Leeuw, 1977);
    correspondence analysis by singular values (Greenacre, 2017), principal coordinates. Only
    distances mean anything; a map may be turned or mirrored. With few brands two axes always show
    much: five brands have four directions at most.

    Examples
    --------
    >>> import pandas as pd
    >>> rated = pd.DataFrame({"brand": ["A", "B", "C"], "taste": [4.0, 3.0, 2.0],
    ...                       "look": [2.0, 4.0, 2.0]})
    >>> made = perceptual_map(rated, ["taste", "look"])
    >>> made.brands.round(2)
      brand     x    y
    0     A -0.67  1.0
    1     B  1.33  0.0
    2     C -0.67 -1.0
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}.")
    names = list(features)
    columns = {"brand": brand} | {n: n for n in names}
    require_columns(ratings, columns, table="ratings", rows=True)
    twice = ratings[brand].duplicated()
    if twice.any():
        raise ValueError(
            f"ratings has {first_few(ratings.loc[twice, brand].unique())} more than once. Give one "
            f'row a brand, such as the means: ratings.groupby("{brand}")[features].mean()'
            ".reset_index()."
        )
    if len(ratings) < 3 or len(names) < 2:
        raise ValueError("A map needs three brands and two features at least.")
    values = _values(ratings, names, "ratings")
    stress = float("nan")
    project: tuple[Floats, Floats, Floats] | None
    if method == "correspondence":
        at, pull, explained, project = _correspondence(values)
    else:
        center, scale = values.mean(axis=0), np.ones(len(names))
        if standardise:
            scale = values.std(axis=0)
            if (scale == 0).any():
                flat = names[int(np.flatnonzero(scale == 0)[0])]
                raise ValueError(f'All brands are rated alike on "{flat}". Leave it out.')
        around = (values - center) / scale
        if not around.any():
            raise ValueError("All brands are rated alike, so there is nothing to map.")
        from sklearn.decomposition import PCA  # a second; few lines need it

        pca = PCA(n_components=2, svd_solver="full").fit(around)
        axes, at = pca.components_.T, pca.transform(around)
        explained = pca.explained_variance_ratio_
        project = (center, scale, axes)
        if method == "mds":
            project = None
            at, stress = _smacof(_distances(around), at)
            left, size, _ = np.linalg.svd(at - at.mean(axis=0), full_matrices=False)
            at, explained = left * size, size**2 / (size**2).sum()
        pull = _correlations(around, at)
    # The strongest pull on each axis points right, or up.
    sign = np.sign(pull[np.abs(pull).argmax(axis=0), [0, 1]])
    sign[sign == 0] = 1
    if project is not None:
        project = (project[0], project[1], project[2] * sign)
    at, pull = at * sign + 0.0, pull * sign + 0.0
    return PerceptualMap(
        method=method,
        brands=pd.DataFrame({"brand": ratings[brand].tolist(), "x": at[:, 0], "y": at[:, 1]}),
        features=pd.DataFrame({"feature": names, "x": pull[:, 0], "y": pull[:, 1]}),
        explained=(float(explained[0]), float(explained[1])),
        stress=stress,
        _project=project,
        _columns=tuple(names),
    )


def nearest_rival(
    places: pd.DataFrame,
    ours: str,
    *,
    x: str = "x",
    y: str = "y",
    brand: str = "brand",
) -> pd.DataFrame:
    """Return the rivals by their distance from us on the map.

    Parameters
    ----------
    places : DataFrame
        One row a brand with its two coordinates.
    ours : str
        Name of our brand.
    x, y, brand : str
        Column names.

    Returns
    -------
    DataFrame
        The nearest first: the brand, ``distance``, ``rank``.

    Raises
    ------
    ValueError
        A column is missing, our brand is not there or there is no other.

    Notes
    -----
    Near on the map is seen alike, not bought instead: a rival far away may take more of our
    customers if it is cheaper. See `brand_shares`.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"brand": ["Us", "B", "C"], "x": [0, 3, 1], "y": [0, 4, 0]})
    >>> nearest_rival(places, "Us")
      brand  distance  rank
    0     C       1.0     1
    1     B       5.0     2
    """
    require_columns(places, {c: c for c in (brand, x, y)}, table="places", rows=True)
    at = _values(places, [x, y], "places")
    own = (places[brand] == ours).to_numpy()
    if own.sum() != 1 or len(places) < 2:
        raise ValueError(
            f"places must hold {ours!r} once, and a rival. It holds: "
            f"{', '.join(map(str, places[brand]))}."
        )
    far = np.sqrt(((at - at[own]) ** 2).sum(axis=1))
    table = pd.DataFrame({brand: places[brand].to_numpy(), "distance": far})[~own]
    table = table.sort_values("distance", kind="stable").reset_index(drop=True)
    table["rank"] = table["distance"].rank(method="min").astype(int)
    return table


def ideal_distances(
    places: pd.DataFrame,
    ideals: pd.DataFrame,
    *,
    x: str = "x",
    y: str = "y",
    brand: str = "brand",
    segment: str = "segment",
) -> pd.DataFrame:
    """Return how far each brand lies from the ideal point of each segment.

    Parameters
    ----------
    places : DataFrame
        One row a brand with its two coordinates.
    ideals : DataFrame
        One row a segment with the coordinates of what it would like best.
    x, y, brand, segment : str
        Column names; the coordinates are called the same in both tables.

    Returns
    -------
    DataFrame
        One row a segment: the segment, a column a brand with its distance, ``nearest`` (brand) and
        ``next`` (the second nearest).

    Raises
    ------
    ValueError
        A column is missing, or there are fewer than two brands.

    Notes
    -----
    The ideal-point model of Coombs (1964): the nearer, the more preferred.

    Examples
    --------
    >>> import pandas as pd
    >>> places = pd.DataFrame({"brand": ["Us", "B"], "x": [0, 3], "y": [0, 4]})
    >>> ideals = pd.DataFrame({"segment": ["young"], "x": [3.0], "y": [3.0]})
    >>> ideal_distances(places, ideals).round(2)
      segment    Us    B nearest next
    0   young  4.24  1.0       B   Us
    """
    require_columns(places, {c: c for c in (brand, x, y)}, table="places", rows=True)
    require_columns(ideals, {c: c for c in (segment, x, y)}, table="ideals", rows=True)
    if len(places) < 2:
        raise ValueError("places holds fewer than two brands.")
    at, wish = _values(places, [x, y], "places"), _values(ideals, [x, y], "ideals")
    far = np.sqrt(((wish[:, None, :] - at[None, :, :]) ** 2).sum(axis=2))
    names = places[brand].tolist()
    table = pd.DataFrame(far, columns=names)
    table.insert(0, segment, ideals[segment].to_numpy())
    order = far.argsort(axis=1, kind="stable")
    table["nearest"] = [names[row[0]] for row in order]
    table["next"] = [names[row[1]] for row in order]
    return table


def _values(table: pd.DataFrame, names: Sequence[str], word: str) -> Floats:
    return np.column_stack([numbers(table[name], name=name, table=word) for name in names])


def _distances(points: Floats) -> Floats:
    return np.sqrt(((points[:, None, :] - points[None, :, :]) ** 2).sum(axis=2))


def _smacof(wanted: Floats, start: Floats) -> tuple[Floats, float]:
    """Move the points until their distances come as near as they can to those wanted."""
    at, size, before = start, len(start), np.inf
    for _ in range(1000):
        now = _distances(at)
        raw = float(((wanted - now) ** 2).sum() / 2)
        if before - raw < 1e-12 * max(float((wanted**2).sum()), 1e-300):
            break
        before = raw
        ratio = np.divide(wanted, now, out=np.zeros_like(now), where=now > 1e-12)
        guttman = -ratio
        guttman[np.diag_indices(size)] += ratio.sum(axis=1)
        at = guttman @ at / size
    total = float((wanted**2).sum() / 2)
    return at, float(np.sqrt(raw / total)) if total else 0.0


def _correlations(values: Floats, at: Floats) -> Floats:
    around, place = values - values.mean(axis=0), at - at.mean(axis=0)
    long = np.sqrt((around**2).sum(axis=0)), np.sqrt((place**2).sum(axis=0))
    size = np.outer(*long)
    return np.divide(around.T @ place, size, out=np.zeros_like(size), where=size > 1e-12)


def _correspondence(
    counts: Floats,
) -> tuple[Floats, Floats, Floats, tuple[Floats, Floats, Floats]]:
    if (counts < 0).any() or (counts.sum(axis=0) <= 0).any() or (counts.sum(axis=1) <= 0).any():
        raise ValueError(
            "Correspondence analysis needs counts from 0 up, and no brand or feature without any."
        )
    p = counts / counts.sum()
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    residual = (p - np.outer(rows, columns)) / np.sqrt(np.outer(rows, columns))
    left, size, right = np.linalg.svd(residual, full_matrices=False)
    total = float((size**2).sum())
    if total < 1e-15:
        raise ValueError("All brands have the same profile, so there is nothing to map.")
    at = left[:, :2] * size[:2] / np.sqrt(rows)[:, None]
    pull = right[:2].T * size[:2] / np.sqrt(columns)[:, None]
    axes = right[:2].T / np.sqrt(columns)[:, None]
    explained = size[:2] ** 2 / total
    return at, pull, explained, (columns, np.ones(len(columns)), axes)
