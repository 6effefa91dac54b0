"""The faces: thin views of the catalogue and of runs."""
