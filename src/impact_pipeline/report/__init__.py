"""The page of a release, in French or English: what was measured, the figures, the data behind them.

`render` gets curated tables and the manifest, and returns one HTML text that opens from the disk without a network.
`curated` looks things up, `page` says what stands where, `charts` draws, the template lays out; no figure is computed.
"""

from impact_pipeline.report.render import render

__all__ = ["render"]
