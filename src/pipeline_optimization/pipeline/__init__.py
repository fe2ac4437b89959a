"""The stages of a run and how their results merge; nothing about how calls are run."""
