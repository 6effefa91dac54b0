"""The closed list of claim types and their predicates."""
