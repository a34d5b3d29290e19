"""Who Buys? — a course and a toolkit on customer segmentation."""

__version__ = "0.1.0"
