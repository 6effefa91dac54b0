"""What is fitted to activations: probes, and the data that they are tried on."""
