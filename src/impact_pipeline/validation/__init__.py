"""Checking what a field actor sent: records accepted, rows set aside, and findings said in French and English."""

from impact_pipeline.validation.check import check_table
from impact_pipeline.validation.checked import Checked, Rows
from impact_pipeline.validation.outcome import unreadable

__all__ = ["Checked", "Rows", "check_table", "unreadable"]
