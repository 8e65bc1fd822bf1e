"""Conditions of success by fuzzy-set qualitative comparative analysis (QCA): which combinations go with the outcome.

Cases (sites, initiatives), their raw values and the declared anchors of each set come in; truth table, necessary
conditions, solutions and how they bear other choices go out. For a dozen to a hundred cases, where a regression would
be blind to combinations; it shows patterns of what was seen, not causes.
"""
