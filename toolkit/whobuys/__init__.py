"""Who Buys? — a course and a toolkit on customer segmentation."""

from whobuys._tracebacks import shorten_in_notebooks

__version__ = "0.1.0"

shorten_in_notebooks()
