"""Templates of plugins, and what makes distributions from them."""
