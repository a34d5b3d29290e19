"""Conjoint analysis of choices: the multinomial logit model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from whobuys.segment._lines import first_few, numbers, require_columns
from whobuys.target._coding import Coding, Floats, coding_of, importances
from whobuys.target._conjoint import full_profiles

MOST_STEPS = 100
FLATTEST = 1e-6
Z = 1.959964


@dataclass(frozen=True, eq=False)
class ChoiceModel:
    """Part-worths from choices. Made by `conjoint_choice`.

    Attributes
    ----------
    part_worths : DataFrame
        One row a level, or one a linear attribute (level "per unit"): ``attribute``, ``level``,
        ``part_worth``, ``standard_error``, ``z``, ``p``.
    importances : DataFrame
        One row an attribute: ``attribute``, ``range``, ``importance``. The range of a linear
        attribute is taken over the values shown.
    log_likelihood, null_log_likelihood : float
        Of the model, and of choosing by lot.
    fit : float
        McFadden's R²: 1 − log likelihood / that of choosing by lot. 0.2 to 0.4 is a good fit.
    tasks : int
        Choices made.
    steps : int
        Newton steps taken.
    """

    part_worths: pd.DataFrame
    importances: pd.DataFrame
    log_likelihood: float
    null_log_likelihood: float
    fit: float
    tasks: int
    steps: int
    _coding: Coding = field(repr=False)
    _estimates: Floats = field(repr=False)
    _covariance: Floats = field(repr=False)

    def utility(self, profiles: pd.DataFrame) -> pd.Series:
        """Return the utility of each profile; only differences mean anything."""
        value = self._coding.matrix(profiles, "profiles") @ self._estimates
        return pd.Series(value, index=profiles.index, name="utility")

    def shares(self, profiles: pd.DataFrame) -> pd.Series:
        """Return the share each profile would get if these were all there is to choose from."""
        value = self.utility(profiles)
        raised = np.exp(value - value.max())
        return (raised / raised.sum()).rename("share")

    def elasticities(
        self, profiles: pd.DataFrame, price: str, names: Sequence[object] | None = None
    ) -> pd.DataFrame:
        """Return by how many percent each share moves for one percent on each price.

        Row: whose share moves; column: whose price does. `price` must be a linear attribute; with
        `names` the rows and columns are called so, else by the index of `profiles`.
        """
        put_off = self._linear(price)
        share = self.shares(profiles).to_numpy()
        asked = numbers(profiles[price], name=price, table="profiles")
        table = put_off * asked[None, :] * (np.eye(len(share)) - share[None, :])
        labels = list(profiles.index if names is None else names)
        return pd.DataFrame(table, index=labels, columns=labels)

    def willingness_to_pay(self, price: str) -> pd.DataFrame:
        """Return what a change from the first level of an attribute is worth in money.

        One row a level but the first: ``attribute``, ``level``, ``against`` (the first level),
        ``worth`` in the unit of `price`, ``standard_error``, ``low``, ``high`` (delta method); of
        another linear attribute the worth of one unit.
        """
        put_off = self._linear(price)
        if put_off >= 0:
            raise ValueError(
                f'People did not mind a higher "{price}" ({put_off:.3g} a unit), so nothing can '
                "be told in money."
            )
        spread, names = self._coding.spread()
        money = spread[names.index((price, "per unit"))]
        rows = []
        for place, (name, level) in enumerate(names):
            if name == price:
                continue
            levels = self._coding.levels.get(name)
            if levels is not None and level == levels[0]:
                continue
            against = levels[0] if levels is not None else ""
            first = spread[names.index((name, against))] if levels is not None else 0.0
            step = spread[place] - first
            worth = -float(step @ self._estimates) / put_off
            slope = -(step + worth * money) / put_off
            error = float(np.sqrt(slope @ self._covariance @ slope))
            rows.append((name, level, against, worth, error, worth - Z * error, worth + Z * error))
        columns = ["attribute", "level", "against", "worth", "standard_error", "low", "high"]
        return pd.DataFrame(rows, columns=columns)

    def _linear(self, price: str) -> float:
        if price not in self._coding.linear:
            raise ValueError(
                f'"{price}" was not estimated as a linear attribute. Fit again with '
                f'linear=["{price}"].'
            )
        rows = self.part_worths
        return float(rows.loc[rows["attribute"] == price, "part_worth"].iloc[0])


def conjoint_choice(
    choices: pd.DataFrame,
    attributes: Sequence[str],
    *,
    linear: Sequence[str] = (),
    task: str = "task",
    chosen: str = "chosen",
    respondent: str | None = None,
) -> ChoiceModel:
    """Estimate from choices what each level of each attribute is worth.

    Parameters
    ----------
    choices : DataFrame
        One row an alternative of a task.
    attributes : sequence of str
        Columns of attributes with levels; may be empty where `linear` is not.
    linear : sequence of str
        Columns of attributes in numbers, such as the price, whose utility is taken as a line.
    task : str
        Column that says which alternatives were shown together.
    chosen : str
        Column with 1 or True for the one chosen.
    respondent : str, optional
        Column that says who chose. Choices of one person go together; the standard errors then
        allow for it (sandwich).

    Returns
    -------
    ChoiceModel
        Part-worths with standard errors, importances, fit; `shares`, `willingness_to_pay` and
        `elasticities`.

    Raises
    ------
    ValueError
        A column is missing, a task has not exactly one chosen alternative or only one to choose
        from, the part-worths cannot be told apart, or an attribute decides every choice, so that
        no largest likelihood exists.

    Notes
    -----
    Multinomial logit (McFadden, 1974), maximum likelihood by Newton's method; the likelihood is
    concave, so the maximum found is the only one. The model holds that two alternatives compete
    with a third in proportion to their shares (independence of irrelevant alternatives); two
    nearly equal ones do not.

    Examples
    --------
    >>> import pandas as pd
    >>> shown = pd.DataFrame({"task": [1, 1, 2, 2, 3, 3, 4, 4],
    ...                       "pack": ["bag", "tin"] * 4, "chosen": [0, 1, 0, 1, 0, 1, 1, 0]})
    >>> model = conjoint_choice(shown, ["pack"])
    >>> model.part_worths[["level", "part_worth"]].round(3)
      level  part_worth
    0   bag      -0.549
    1   tin       0.549
    >>> model.shares(pd.DataFrame({"pack": ["bag", "tin"]})).round(2).tolist()
    [0.25, 0.75]
    """
    coding = coding_of(choices, attributes, linear, "choices")
    require_columns(choices, {"task": task, "chosen": chosen}, table="choices")
    order = np.argsort(pd.factorize(choices[task], sort=True)[0], kind="stable")
    ordered = choices.iloc[order]
    code = pd.factorize(ordered[task], sort=True)[0]
    if (code < 0).any():
        raise ValueError(f'"{task}" of choices is missing in {int((code < 0).sum()):,} rows.')
    picked = numbers(ordered[chosen].astype(float), name=chosen, table="choices")
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    _check_tasks(ordered[task].to_numpy()[starts], code, picked)
    design = coding.matrix(ordered, "choices")
    scale = np.ptp(design, axis=0)
    scale[scale == 0] = 1.0
    scaled, log_likelihood, information, steps = _newton(design / scale, picked > 0, code, starts)
    estimates = scaled / scale
    covariance: Floats = np.asarray(np.linalg.inv(information), dtype=float)
    if respondent is not None:
        require_columns(choices, {"respondent": respondent}, table="choices")
        people = pd.factorize(ordered[respondent])[0]
        covariance = _sandwich(design / scale, scaled, picked, code, starts, people, covariance)
    covariance = covariance / np.outer(scale, scale)
    spread, names = coding.spread()
    table = pd.DataFrame(names, columns=["attribute", "level"])
    table["part_worth"] = spread @ estimates
    table["standard_error"] = np.sqrt(np.einsum("ij,jk,ik->i", spread, covariance, spread))
    table["z"] = table["part_worth"] / table["standard_error"]
    from scipy.stats import norm  # a second; few lines need it

    table["p"] = 2 * norm.sf(table["z"].abs())
    ranges = {name: float(np.ptp(choices[name].to_numpy(float))) for name in linear}
    null = -float(np.log(np.bincount(code)).sum())
    return ChoiceModel(
        part_worths=table,
        importances=importances(table, ranges),
        log_likelihood=log_likelihood,
        null_log_likelihood=null,
        fit=1 - log_likelihood / null,
        tasks=len(starts),
        steps=steps,
        _coding=coding,
        _estimates=estimates,
        _covariance=covariance,
    )


def choice_tasks(
    levels: Mapping[str, Sequence[object]],
    tasks: int,
    *,
    alternatives: int = 3,
    seed: int = 0,
) -> pd.DataFrame:
    """Draw tasks to choose from: different profiles side by side, by lot.

    Parameters
    ----------
    levels : mapping of str to sequence
        The levels of each attribute.
    tasks : int
        How many tasks.
    alternatives : int
        Profiles in each; no two of a task are equal.
    seed : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        One row an alternative: ``task``, ``alternative`` (both from 1) and a column an attribute.

    Raises
    ------
    ValueError
        There are fewer profiles than `alternatives`, or nothing to choose.

    Notes
    -----
    A random design: each part-worth can be estimated, not with the fewest tasks possible (Street
    and Burgess, 2007, on efficient ones). A dominated alternative (worse in all) may come up.

    Examples
    --------
    >>> choice_tasks({"pack": ["bag", "tin"], "price": [4, 6]}, 2, alternatives=2, seed=1).shape
    (4, 4)
    """
    profiles = full_profiles(levels)
    if tasks < 1 or alternatives < 2:
        raise ValueError("Give at least one task and two alternatives.")
    if len(profiles) < alternatives:
        raise ValueError(
            f"The levels make {len(profiles)} profiles; {alternatives} different ones are needed."
        )
    draw = np.random.default_rng(seed)
    place = np.concatenate(
        [draw.choice(len(profiles), alternatives, replace=False) for _ in range(tasks)]
    )
    table = profiles.iloc[place].reset_index(drop=True)
    table.insert(0, "task", np.repeat(np.arange(1, tasks + 1), alternatives))
    table.insert(1, "alternative", np.tile(np.arange(1, alternatives + 1), tasks))
    return table


def _probabilities(
    design: Floats, estimates: Floats, code: np.ndarray, starts: np.ndarray
) -> Floats:
    value = design @ estimates
    raised = np.exp(value - np.maximum.reduceat(value, starts)[code])
    return raised / np.add.reduceat(raised, starts)[code]


def _newton(
    design: Floats, picked: np.ndarray, code: np.ndarray, starts: np.ndarray
) -> tuple[Floats, float, Floats, int]:
    """Climb the log-likelihood; return estimates, its height, the information and the steps."""
    estimates = np.zeros(design.shape[1])
    p = _probabilities(design, estimates, code, starts)
    height = float(np.log(p[picked]).sum())
    for step in range(1, MOST_STEPS + 1):
        mean = np.add.reduceat(design * p[:, None], starts)[code]
        apart = design - mean
        information = apart.T @ (apart * p[:, None])
        if np.linalg.matrix_rank(information, hermitian=True) < len(estimates):
            raise ValueError(
                "These choices cannot tell the part-worths apart: two attributes always go "
                "together, or one never differs within a task, or one decides every choice."
            )
        slope = apart[picked].sum(axis=0)
        move = np.linalg.solve(information, slope)
        if float(slope @ move) < 1e-12:
            if float(np.linalg.eigvalsh(information)[0]) < FLATTEST:
                break
            return estimates, height, information, step - 1
        length = 1.0
        while True:
            tried = estimates + length * move
            p_tried = _probabilities(design, tried, code, starts)
            with np.errstate(divide="ignore"):
                reached = float(np.log(p_tried[picked]).sum())
            if reached >= height or length < 1e-8:
                break
            length /= 2
        estimates, p, height = tried, p_tried, reached
    raise ValueError(
        "No largest likelihood exists: some level was chosen every time it was shown, or never. "
        "Join levels, or ask more people."
    )


def _sandwich(
    design: Floats,
    estimates: Floats,
    picked: Floats,
    code: np.ndarray,
    starts: np.ndarray,
    people: np.ndarray,
    bread: Floats,
) -> Floats:
    p = _probabilities(design, estimates, code, starts)
    scores = design * (picked - p)[:, None]
    count = int(people.max()) + 1
    if count < 2:
        raise ValueError("Only one respondent: leave respondent out.")
    each = np.zeros((count, design.shape[1]))
    np.add.at(each, people, scores)
    return bread @ (each.T @ each) @ bread * count / (count - 1)


def _check_tasks(names: np.ndarray, code: np.ndarray, picked: Floats) -> None:
    if not np.isin(picked, (0, 1)).all():
        raise ValueError("The column of choices must hold 1 (chosen) and 0 only.")
    chosen, shown = np.bincount(code, picked), np.bincount(code)
    if (chosen != 1).any():
        bad = np.flatnonzero(chosen != 1)
        raise ValueError(
            f"{len(bad):,} of {len(names):,} tasks have not exactly one chosen alternative (tasks "
            f"{first_few(names[bad].tolist())}). Drop them, or add 'none of these' as one."
        )
    if (shown < 2).any():
        raise ValueError(f"Task {names[shown < 2][0]} shows one alternative; that is no choice.")
