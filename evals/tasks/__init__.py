"""Inspect tasks: `inspect eval mechmentor/audit`, and what else is registered here."""

from .audits import audit
from .study import critique_clean, critique_recall, exercise_quality, feedback, quotes

__all__ = ["audit", "critique_clean", "critique_recall", "exercise_quality", "feedback", "quotes"]
