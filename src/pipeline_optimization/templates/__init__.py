"""Templates of plugins, and what makes distributions of them."""
