"""The components that ship with the core, registered by its own entry point like those of any plugin."""
