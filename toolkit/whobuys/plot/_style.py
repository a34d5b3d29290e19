"""One calm look for every chart."""

from __future__ import annotations

import seaborn as sns
from matplotlib import font_manager

INK = "#22303c"
QUIET = "#6b7780"
PALE = "#c9d1d6"
MAIN = "#2f6f8f"
WARM = "#b5532a"
SIZE = (5.4, 3.8)

# The first is part of matplotlib; the others bring Chinese, where one of them is installed.
FONTS = (
    "DejaVu Sans",
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
)


def style() -> None:
    """Set the look of the charts: quiet lines, large words, fonts that know Chinese if there.

    Call it once at the top of a notebook; calling it again changes nothing. A bare
    ``seaborn.set_theme()`` afterwards undoes it.

    Notes
    -----
    Letters are 11 to 12 points on a figure 5.4 inches wide, so that they can still be read when the
    figure is as wide as a phone. Alt text does not depend on the style: `describe` sets it.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> with plt.rc_context():
    ...     style()
    ...     plt.rcParams["font.family"][0]
    'DejaVu Sans'
    """
    installed = {font.name for font in font_manager.fontManager.ttflist}
    sns.set_theme(
        context="notebook",
        style="white",
        palette=[MAIN, WARM, QUIET],
        rc={
            "font.family": [font for font in FONTS if font in installed],
            "font.size": 11,
            "axes.edgecolor": QUIET,
            "axes.labelcolor": INK,
            "axes.labelsize": 11,
            "axes.linewidth": 0.8,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlelocation": "left",
            "axes.titlepad": 12,
            "axes.titlesize": 12,
            "axes.titleweight": "bold",
            "axes.unicode_minus": False,
            "figure.dpi": 100,
            "figure.figsize": SIZE,
            "hatch.linewidth": 0.8,
            "text.color": INK,
            "xtick.color": INK,
            "xtick.labelsize": 11,
            "ytick.color": INK,
            "ytick.labelsize": 11,
        },
    )
