"""Tools that read a model without changing it."""
