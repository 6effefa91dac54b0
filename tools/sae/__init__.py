"""Sparse autoencoders: read, trained, judged, used."""
