"""Quotations: verified by exact match in one of several typographic projections, never by score."""
