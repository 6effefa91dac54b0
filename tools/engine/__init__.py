"""Batched passes under the tools; holds no tools itself."""
