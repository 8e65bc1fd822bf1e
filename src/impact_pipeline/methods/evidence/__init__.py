"""The evidence level of an effect, computed from what is declared and found; every rule that fired is listed."""

from impact_pipeline.methods.evidence.facts import Facts
from impact_pipeline.methods.evidence.grading import Fired, Grade, grade
from impact_pipeline.methods.evidence.rules import CERTAINTIES, JUDGED, RULES

__all__ = ["CERTAINTIES", "JUDGED", "RULES", "Facts", "Fired", "Grade", "grade"]
