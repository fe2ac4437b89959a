"""The components that ship with the core. Its own entry point registers them, like those of any plugin."""
