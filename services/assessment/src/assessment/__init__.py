"""Assessments, questions and attempts: what has been learned."""
