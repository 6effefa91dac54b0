"""Inspect tasks: `inspect eval mechmentor/audit`, and what else is registered here."""

from .audits import audit

__all__ = ["audit"]
