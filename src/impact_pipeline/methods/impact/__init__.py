"""Impact estimators: arrays of units come in, effects with their uncertainty go out. No table, no declaration."""
