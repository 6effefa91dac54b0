"""Tools that compare a target with its base."""
