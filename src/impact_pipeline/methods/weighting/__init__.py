"""Weights that make a sample agree with what is known of its population, and what that does to errors."""
