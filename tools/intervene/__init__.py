"""Tools that change activations and measure the effect."""
