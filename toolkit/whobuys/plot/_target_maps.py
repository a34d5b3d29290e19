"""Maps of target customers: segments by attractiveness, needs by importance, brands by place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from whobuys.plot._alt import describe
from whobuys.plot._parts import column, new_axes
from whobuys.plot._style import INK, MAIN, PALE, QUIET, WARM
from whobuys.plot._target_parts import label_points, names_of

WIDER = 1.2


def attractiveness_map(
    scores: pd.DataFrame,
    ax: Axes | None = None,
    *,
    size: Mapping[str, float] | pd.Series | None = None,
    sensitivity: pd.DataFrame | None = None,
    segment: str = "segment",
    size_name: str = "customers",
    title: str = "Attractive for us, or for others?",
    alt: str | None = None,
) -> Axes:
    """Draw each segment by its attractiveness and our strength in it, as a bubble.

    Parameters
    ----------
    scores : DataFrame
        One row a segment with ``attractiveness`` and ``strength``, as
        `whobuys.target.attractiveness` gives with ``strength=``.
    ax : Axes, optional
        Where to draw; by default a new figure.
    size : mapping of str to float, optional
        How large each segment is; the area of a bubble stands for it.
    sensitivity : DataFrame, optional
        ``low`` and ``high`` of each segment's attractiveness when weights are moved, from
        `whobuys.target.attractiveness_sensitivity`; drawn as a stroke.
    segment : str
        Column of the segments' names.
    size_name : str
        What `size` counts, for the words.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Right and up is where to go first; the dashed lines are the middle of the scales.

    Raises
    ------
    ValueError
        A column is missing or a segment has no size.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> scores = pd.DataFrame({"segment": ["loyals", "givers"], "attractiveness": [0.8, 0.3],
    ...                        "strength": [0.4, 0.9]})
    >>> ax = attractiveness_map(scores, size={"loyals": 300, "givers": 100})
    >>> alt_text(ax)
    'Bubble chart of 2 segments by attractiveness (up) and our strength (to the right). loyals:
    attractiveness 0.80, strength 0.40, 300 customers; givers: attractiveness 0.30, strength 0.90,
    100 customers.'
    >>> plt.close(ax.figure)
    """
    names = names_of(scores, segment, "scores")
    up, right = (column(scores, name, "scores") for name in ("attractiveness", "strength"))
    sizes = np.full(len(names), 1.0)
    if size is not None:
        known = {str(key): float(value) for key, value in dict(size).items()}
        if lost := [name for name in names if name not in known]:
            raise ValueError(f"size has nothing for {', '.join(lost)}.")
        sizes = np.array([known[name] for name in names])
    areas = 900 * sizes / sizes.max() if size is not None else np.full(len(names), 160.0)
    ax = ax or new_axes(4.4)
    _middle_lines(ax, 0.5, 0.5)
    moved: dict[str, tuple[float, float]] = {}
    if sensitivity is not None:
        ends = zip(
            names_of(sensitivity, segment, "sensitivity"),
            column(sensitivity, "low", "sensitivity"),
            column(sensitivity, "high", "sensitivity"),
            strict=True,
        )
        moved = {name: (low, high) for name, low, high in ends}
        for name, x in zip(names, right, strict=True):
            if name in moved:
                ax.vlines(x, *moved[name], color=INK, linewidth=1.6, zorder=4)
    order = np.argsort(-areas, kind="stable")
    ax.scatter(
        right[order], up[order], s=areas[order], color=MAIN, alpha=0.55, edgecolor=INK, zorder=3
    )
    for axis, values in ((ax.set_xlim, right), (ax.set_ylim, up)):
        axis(min(-0.08, values.min() - 0.1), max(1.08, values.max() + 0.1))
    radii = (np.sqrt(areas) / 2).tolist()
    label_points(ax, np.column_stack([right, up]), names, radii)
    ax.set(xlabel="Our strength there", ylabel="Attractiveness of the segment")
    ax.set_title(title, loc="left")
    said = []
    for name, y, x, count in zip(names, up, right, sizes, strict=True):
        words = f"{name}: attractiveness {y:.2f}"
        if name in moved:
            words += f" (from {moved[name][0]:.2f} to {moved[name][1]:.2f} with other weights)"
        words += f", strength {x:.2f}"
        said.append(words + (f", {count:,.0f} {size_name}" if size is not None else ""))
    words = (
        f"Bubble chart of {len(names)} segments by attractiveness (up) and our strength (to the "
        f"right). {'; '.join(said)}."
    )
    describe(ax, alt or words)
    return ax


def needs_map(
    needs: pd.DataFrame,
    ax: Axes | None = None,
    *,
    cut: tuple[float, float] | None = None,
    title: str = "What matters, and how well we do it",
    alt: str | None = None,
) -> Axes:
    """Draw needs by importance and performance, in four fields.

    Parameters
    ----------
    needs : DataFrame
        One row a need: ``need``, ``importance``, ``performance``, ``quadrant``, as
        `whobuys.target.importance_performance` gives.
    ax : Axes, optional
        Where to draw; by default a new figure.
    cut : pair of float, optional
        (importance, performance) where high begins; by default those kept in ``needs.attrs``, else
        the means.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        Top left is where to concentrate: it matters, and we do it badly. A need there is a filled
        square.

    Raises
    ------
    ValueError
        A column is missing.

    Notes
    -----
    Martilla and James (1977). The axes begin where the needs do, not at 1: distances look larger
    than they are on the scale.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = needs_map(pd.DataFrame({"need": ["taste", "pack"], "importance": [4.5, 2.5],
    ...     "performance": [3.0, 4.0], "quadrant": ["concentrate here", "possible overkill"]}))
    >>> alt_text(ax)
    'Scatter chart of 2 needs by importance (up) and performance (to the right). Concentrate here:
    taste (4.5 and 3.0). Possible overkill: pack (2.5 and 4.0).'
    >>> plt.close(ax.figure)
    """
    names = names_of(needs, "need", "needs")
    fields = names_of(needs, "quadrant", "needs")
    up, right = column(needs, "importance", "needs"), column(needs, "performance", "needs")
    kept = needs.attrs.get("cut")
    level, across = cut or kept or (float(up.mean()), float(right.mean()))
    ax = ax or new_axes(4.4)
    urgent = np.array([field == "concentrate here" for field in fields])
    _middle_lines(ax, across, level)
    ax.scatter(right[~urgent], up[~urgent], s=60, facecolor="white", edgecolor=MAIN, linewidth=1.8)
    ax.scatter(right[urgent], up[urgent], s=70, color=WARM, marker="s")
    for axis, values, middle in ((ax.set_xlim, right, across), (ax.set_ylim, up, level)):
        ends = np.append(values, middle)
        pad = max(float(np.ptp(ends)) * 0.22, 0.15)
        axis(float(ends.min()) - pad, float(ends.max()) + pad)
    corners = {
        "concentrate here": (0.02, 0.985, "left", "top"),
        "keep it up": (0.98, 0.985, "right", "top"),
        "low priority": (0.02, 0.015, "left", "bottom"),
        "possible overkill": (0.98, 0.015, "right", "bottom"),
    }
    for field, (x, y, ha, va) in corners.items():
        ax.text(
            x, y, field, transform=ax.transAxes, ha=ha, va=va, color=QUIET, fontsize=10,
            fontstyle="italic",
        )  # fmt: skip
    label_points(ax, np.column_stack([right, up]), names, [5.0] * len(names))
    ax.set(xlabel="Performance, 1 to 5", ylabel="Importance, 1 to 5")
    ax.set_title(title, loc="left")
    said = []
    for field in corners:
        own = [
            f"{name} ({y:.1f} and {x:.1f})"
            for name, y, x, where in zip(names, up, right, fields, strict=True)
            if where == field
        ]
        if own:
            said.append(f"{field.capitalize()}: {', '.join(own)}.")
    words = (
        f"Scatter chart of {len(names)} needs by importance (up) and performance (to the right). "
        f"{' '.join(said)}"
    )
    describe(ax, alt or words)
    return ax


def position_map(
    brands: pd.DataFrame,
    ax: Axes | None = None,
    *,
    ours: str | None = None,
    x: str = "x",
    y: str = "y",
    axes: tuple[str, str] = ("", ""),
    features: pd.DataFrame | None = None,
    ideals: pd.DataFrame | None = None,
    move: tuple[float, float] | None = None,
    title: str = "Where people see the brands",
    alt: str | None = None,
) -> Axes:
    """Draw the perceptual map: brands, and if given features, ideal points and a move of ours.

    Parameters
    ----------
    brands : DataFrame
        One row a brand: ``brand`` and its coordinates, such as ``.brands`` of
        `whobuys.target.perceptual_map`.
    ax : Axes, optional
        Where to draw; by default a new figure.
    ours : str, optional
        Our brand, drawn as a square; by default the one with True in a column "ours".
    x, y : str
        Columns of the coordinates.
    axes : pair of str
        What the axes mean.
    features : DataFrame, optional
        One row a feature (``feature``, ``x``, ``y``), drawn as arrows from the middle; only their
        directions are to scale.
    ideals : DataFrame, optional
        One row a segment (``segment``, ``x``, ``y``), drawn as crosses.
    move : pair of float, optional
        Where our brand would move to.
    title : str
        Title of the chart.
    alt : str, optional
        Alt text instead of the one computed from the data.

    Returns
    -------
    Axes
        One unit is as long across as up, so that distances are true.

    Raises
    ------
    ValueError
        A column is missing, or our brand is not there.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> import pandas as pd
    >>> from whobuys.plot import alt_text
    >>> ax = position_map(pd.DataFrame({"brand": ["Us", "B"], "x": [0.0, 0.6], "y": [0.0, 0.8]}),
    ...                   ours="Us", move=(0.3, 0.4))
    >>> alt_text(ax)
    'Map of 2 brands; across to the right, up. Us (ours) 0.00, 0.00; B 0.60, 0.80. Nearest to us: B,
    1.00 away. An arrow moves us to 0.30, 0.40.'
    >>> plt.close(ax.figure)
    """
    names = names_of(brands, "brand", "brands")
    at = np.column_stack([column(brands, x, "brands"), column(brands, y, "brands")])
    if ours is None and "ours" in brands.columns and brands["ours"].astype(bool).sum() == 1:
        ours = names[int(brands["ours"].astype(bool).to_numpy().argmax())]
    if ours is not None and ours not in names:
        raise ValueError(f"There is no brand {ours!r} in brands. There are: {', '.join(names)}.")
    if move is not None and ours is None:
        raise ValueError("move needs our brand: name it with ours=...")
    us = np.array([name == ours for name in names])
    points, texts = [at], list(names)
    radii, bold, colours = [6.0] * len(names), us.tolist(), ["black"] * len(names)
    wishes = arrows = None
    if ideals is not None:
        said_of = names_of(ideals, "segment", "ideals")
        wishes = np.column_stack([column(ideals, x, "ideals"), column(ideals, y, "ideals")])
        points.append(wishes)
        texts += said_of
        radii, bold = radii + [5.0] * len(said_of), bold + [False] * len(said_of)
        colours += [WARM] * len(said_of)
    if move is not None:
        points.append(np.array([move], dtype=float))
    reach = float(np.abs(np.vstack(points)).max()) or 1.0
    if features is not None:
        pulls = names_of(features, "feature", "features")
        arrows = np.column_stack([column(features, c, "features") for c in ("x", "y")])
        longest = float(np.sqrt((arrows**2).sum(axis=1)).max()) or 1.0
        arrows = arrows * 0.85 * reach / longest
        points.append(arrows)
        texts += pulls
        radii, bold = radii + [1.0] * len(pulls), bold + [False] * len(pulls)
        colours += [QUIET] * len(pulls)

    ax = ax or new_axes(4.8)
    every = np.vstack(points)
    low, high = every.min(axis=0), every.max(axis=0)
    middle, pad = (low + high) / 2, 0.16 * float((high - low).max() or 1.0)
    tall = max(float(high[1] - low[1]) + 2 * pad, (float(high[0] - low[0]) + 3.2 * pad) / WIDER)
    wide = tall * WIDER
    ax.set_xlim(middle[0] - wide / 2, middle[0] + wide / 2)
    ax.set_ylim(middle[1] - tall / 2, middle[1] + tall / 2)
    ax.set_aspect("equal", adjustable="box")
    ax.axhline(0, color=PALE, linewidth=1, zorder=0)
    ax.axvline(0, color=PALE, linewidth=1, zorder=0)
    if arrows is not None:
        for end in arrows:
            ax.annotate(
                "", end, (0, 0), arrowprops={"arrowstyle": "->", "color": QUIET, "linewidth": 1.2}
            )
    if wishes is not None:
        ax.scatter(wishes[:, 0], wishes[:, 1], marker="x", s=55, color=WARM, linewidth=2, zorder=5)
    ax.scatter(
        at[~us, 0], at[~us, 1], s=80, facecolor="white", edgecolor=MAIN, linewidth=2, zorder=3
    )
    ax.scatter(at[us, 0], at[us, 1], s=95, color=MAIN, marker="s", zorder=4)
    if move is not None:
        ax.annotate(
            "", move, at[us][0],
            arrowprops={"arrowstyle": "-|>", "color": MAIN, "linewidth": 2.2, "shrinkA": 6},
        )  # fmt: skip
    labelled = [at] + [part for part in (wishes, arrows) if part is not None]
    lines = [] if arrows is None else [np.column_stack([0 * arrows, arrows])]
    if move is not None:
        lines.append(np.append(at[us][0], move)[None, :])
    label_points(
        ax, np.vstack(labelled), texts, radii, bold=bold, colours=colours,
        lines=np.vstack(lines) if lines else None,
    )  # fmt: skip
    ax.set(xlabel=axes[0] or "First axis", ylabel=axes[1] or "Second axis")
    ax.set_title(title, loc="left")
    describe(ax, alt or _position_words(names, at, us, axes, texts, wishes, features, move))
    return ax


def _position_words(
    names: Sequence[str],
    at: np.ndarray,
    us: np.ndarray,
    axes: tuple[str, str],
    texts: Sequence[str],
    wishes: np.ndarray | None,
    features: pd.DataFrame | None,
    move: tuple[float, float] | None,
) -> str:
    across = f"across {axes[0]}, up {axes[1]}" if any(axes) else "across to the right, up"
    places = "; ".join(
        f"{name}{' (ours)' if own else ''} {point[0]:.2f}, {point[1]:.2f}"
        for name, point, own in zip(names, at, us, strict=True)
    )
    words = f"Map of {len(names)} brands; {across}. {places}."
    if us.any() and len(names) > 1:
        far = np.sqrt(((at - at[us][0]) ** 2).sum(axis=1))
        far[us] = np.inf
        near = int(far.argmin())
        words += f" Nearest to us: {names[near]}, {far[near]:.2f} away."
    if wishes is not None:
        said = []
        for name, wish in zip(texts[len(names) :], wishes, strict=False):
            near = int(((at - wish) ** 2).sum(axis=1).argmin())
            said.append(f"{name} {wish[0]:.2f}, {wish[1]:.2f} (nearest {names[near]})")
        words += f" Ideal points: {'; '.join(said)}."
    if features is not None:
        pulls = [
            f"{row['feature']} to the {'right' if row['x'] >= 0 else 'left'} and "
            f"{'up' if row['y'] >= 0 else 'down'}"
            for row in features.to_dict("records")
        ]
        words += f" Arrows: {'; '.join(pulls)}."
    if move is not None:
        words += f" An arrow moves us to {move[0]:.2f}, {move[1]:.2f}."
    return words


def _middle_lines(ax: Axes, x: float, y: float) -> None:
    ax.axvline(x, color=QUIET, linewidth=1, linestyle="--", zorder=1)
    ax.axhline(y, color=QUIET, linewidth=1, linestyle="--", zorder=1)
