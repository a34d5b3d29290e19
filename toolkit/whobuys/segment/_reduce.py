"""Fewer columns that say nearly the same: principal components and factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from whobuys.segment._features import matrix

ROUNDING = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class Components:
    """Components of a table of features.

    Attributes
    ----------
    n : int
        How many were kept.
    scores : DataFrame
        One row a customer (index as given), one column a component, "PC1", "PC2", ... or "F1", ...
    loadings : DataFrame
        One row a feature: its correlation with each component, from -1 to 1.
    variance : Series
        Share of the whole variance each explains, of all components (PCA) or of those kept
        (factors).
    """

    n: int
    scores: pd.DataFrame
    loadings: pd.DataFrame
    variance: pd.Series

    def __repr__(self) -> str:
        kept = self.variance.iloc[: self.n].sum()
        return f"<{self.n} components, {kept:.0%} of the variance of {len(self.loadings)} features>"


def components(
    X: pd.DataFrame,
    variance: float = 0.8,
    method: Literal["pca", "factor"] = "pca",
    *,
    n: int | None = None,
    seed: int = 0,
) -> Components:
    """Reduce features to the few components that keep most of their variance.

    Scale first (`scale_features`): otherwise the column with the largest numbers is the first
    component.

    Parameters
    ----------
    X : DataFrame
        One row a customer, number columns without missing values.
    variance : float
        Share of the variance to keep, above 0 and up to 1. The fewest components that reach it.
    method : {"pca", "factor"}
        "pca": principal components, in order of the variance they explain. "factor": factor
        analysis, turned by varimax so that each feature loads on few factors; a factor is thought
        of as a cause of the answers, and what is a feature's own is left out.
    n : int, optional
        How many, instead of asking for `variance`.
    seed : int
        For the factor analysis.

    Returns
    -------
    Components
        With ``n``, ``scores``, ``loadings``, ``variance``. The sign of a component is chosen so
        that its largest loading is positive.

    Raises
    ------
    ValueError
        X is not as it must be, or `variance` or `n` is out of range.

    Notes
    -----
    PCA: Hotelling (1933); scikit-learn's ``PCA``. Factor analysis by maximum likelihood with
    varimax (Kaiser, 1958): scikit-learn's ``FactorAnalysis``, on standardised columns; without `n`
    as many factors as principal components are needed.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> size = draw.normal(size=300)
    >>> X = pd.DataFrame({
    ...     "items": size + 0.1 * draw.normal(size=300),
    ...     "kinds": size + 0.1 * draw.normal(size=300),
    ...     "clicks": draw.normal(size=300),
    ... })
    >>> found = components(X)
    >>> found.n, found.loadings["PC1"].abs().round(1).tolist()
    (2, [1.0, 1.0, 0.0])
    """
    from sklearn.decomposition import PCA, FactorAnalysis

    if method not in ("pca", "factor"):
        raise ValueError(f'method must be "pca" or "factor", not {method!r}.')
    values = matrix(X)
    spread = values.std(axis=0)
    if not spread.all():
        flat = X.columns[spread == 0][0]
        raise ValueError(
            f'Column "{flat}" has the same value in all {len(X):,} rows. Leave it out: '
            f'X.drop(columns="{flat}").'
        )
    most = min(values.shape)
    model = PCA().fit(values)
    shares = model.explained_variance_ratio_
    if n is None:
        if not 0 < variance <= 1:
            raise ValueError(f"variance must be above 0 and at most 1, not {variance!r}.")
        n = int(np.argmax(np.cumsum(shares) >= variance - ROUNDING)) + 1
    elif not (isinstance(n, int | np.integer) and 1 <= n <= most):
        raise ValueError(f"n must be a whole number from 1 to {most}, not {n!r}.")
    letter = "PC" if method == "pca" else "F"
    if method == "pca":
        scores = model.transform(values)[:, :n]
        names = [f"PC{i + 1}" for i in range(len(shares))]
    else:
        standard = (values - values.mean(axis=0)) / spread
        factor = FactorAnalysis(n, rotation="varimax" if n > 1 else None, random_state=seed)
        scores = factor.fit_transform(standard)
        shares = (factor.components_**2).sum(axis=1) / values.shape[1]
        order = np.argsort(-shares, kind="stable")
        scores, shares = scores[:, order], shares[order]
        names = [f"F{i + 1}" for i in range(n)]
        weights = factor.components_[order].T
    if method == "pca":
        weights = model.components_[:n].T * scores.std(axis=0) / spread[:, None]
    turn = np.sign(weights[np.abs(weights).argmax(axis=0), np.arange(n)])
    kept = [f"{letter}{i + 1}" for i in range(n)]
    return Components(
        n=int(n),
        scores=pd.DataFrame(scores * turn, index=X.index, columns=kept),
        loadings=pd.DataFrame(weights * turn, index=X.columns, columns=kept),
        variance=pd.Series(shares, index=names, name="variance"),
    )
