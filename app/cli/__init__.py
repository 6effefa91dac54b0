"""The command line; loads heavy modules only inside commands."""
