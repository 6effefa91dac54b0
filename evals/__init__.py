"""Organisms, scoring, statistics: what measures the rest."""
