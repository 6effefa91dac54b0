"""Quotations checked by exact match in a typographic projection, never by likeness."""
