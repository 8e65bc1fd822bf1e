"""Impact Pipeline: from field actors' files to published, reproducible impact figures."""

__version__ = "0.1.0"
