"""What a program might have: policies of tenacity, one of each kind that can be used, and some that cannot."""

from __future__ import annotations

import tenacity as t

PLAIN = t.Retrying(wait=t.wait_fixed(0.5), stop=t.stop_after_attempt(4))
CHAINED = t.Retrying(
    wait=t.wait_chain(t.wait_none(), t.wait_fixed(1) + t.wait_random(0, 2), t.wait_random_exponential(max=7)),
    stop=t.stop_after_attempt(6) | t.stop_after_delay(30) | t.stop_before_delay(20),
)
ENDLESS = t.Retrying(wait=t.wait_exponential_jitter(max=3))
CHOOSY = t.Retrying(
    retry=t.retry_if_exception_type((OSError, ValueError)) & t.retry_if_not_exception_type(FileNotFoundError),
    stop=t.stop_after_attempt(3),
)
TWO_STOPS = t.Retrying(wait=t.wait_fixed(2), stop=t.stop_after_attempt(9) | (lambda state: state.idle_for >= 6))
ALWAYS, NEVER = t.Retrying(retry=t.retry_always), t.Retrying(retry=t.retry_never)


@t.retry(stop=t.stop_after_attempt(2), wait=t.wait_incrementing(1, 1))
def decorated() -> None:
    """Stand for a function of a program."""


BY_MESSAGE = t.Retrying(retry=t.retry_if_exception_message(message="x") | t.retry_if_exception_type(OSError))
BY_OUTCOME = t.Retrying(wait=t.wait_exception(lambda error: 1.0))
BY_BOTH = t.Retrying(stop=t.stop_all(t.stop_after_attempt(3), t.stop_after_delay(5)))
NOT_A_POLICY = 3
