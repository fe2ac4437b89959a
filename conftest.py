"""What the tests of the core and of all plugins share."""

from __future__ import annotations

from contextlib import suppress

with suppress(ImportError):  # some environments have only what their own tests need
    from hypothesis import settings

    settings.register_profile("any speed", deadline=None)  # no test depends on how fast the machine is
    settings.load_profile("any speed")
