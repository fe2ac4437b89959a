"""Which trace a run belongs to, whether it is sampled, and which service tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from random import SystemRandom
from typing import Any

from attrs import field, frozen
from opentelemetry import trace
from opentelemetry.propagators.textmap import default_getter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import sampling
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from anagram_plugin_opentelemetry.settings import SettingError
from pipeline_optimization.types import RunStarted

__all__ = ["TraceIdentity", "identity_of", "resource_of"]

NAME = "pipeline-optimization"

SAMPLERS: Mapping[str, sampling.Sampler] = {
    "always_on": sampling.ALWAYS_ON,
    "always_off": sampling.ALWAYS_OFF,
    "parentbased_always_on": sampling.DEFAULT_ON,
    "parentbased_always_off": sampling.DEFAULT_OFF,
}
"""The samplers that need no number, by their names in ``OTEL_TRACES_SAMPLER``."""


@frozen(kw_only=True)
class TraceIdentity:
    """The ids of a run's trace, of the run's span, and of the span's parent, which is empty if there is none."""

    trace_id: bytes
    run_span_id: bytes
    parent_span_id: bytes
    is_parent_remote: bool
    trace_state: str
    is_sampled: bool
    _keyed: blake2b = field(init=False, repr=False, eq=False)

    @_keyed.default
    def _begin(self) -> blake2b:
        return blake2b(digest_size=8, key=self.run_span_id + self.trace_id)

    def item_span_id(self, item: str) -> bytes:
        """Return the id of an item's span. It follows from the item, so that a million ids need not be kept."""
        digest = self._keyed.copy()
        digest.update(item.encode("utf-8", "surrogatepass"))
        return digest.digest()


def identity_of(environment: Mapping[str, str], name: str) -> TraceIdentity:
    """Return the identity of a run that begins now.

    Its parent is the current span of the program, or else that of ``TRACEPARENT``. Raises SettingError for an unknown sampler.
    """
    context, is_remote = None, False
    parent = trace.get_current_span().get_span_context()
    if not parent.is_valid:
        carrier = {name.lower(): environment[name] for name in ("TRACEPARENT", "TRACESTATE") if name in environment}
        context, is_remote = TraceContextTextMapPropagator().extract(carrier, getter=default_getter), True
        parent = trace.get_current_span(context).get_span_context()
    random = SystemRandom()  # so that the program's own sequence of random numbers stays as it is
    trace_id = parent.trace_id if parent.is_valid else random.randrange(1, 1 << 128)
    found = _sampler(environment).should_sample(context, trace_id, name)
    return TraceIdentity(
        trace_id=trace_id.to_bytes(16),
        run_span_id=random.randrange(1, 1 << 64).to_bytes(8),
        parent_span_id=parent.span_id.to_bytes(8) if parent.is_valid else b"",
        is_parent_remote=parent.is_valid and is_remote,
        trace_state="" if found.trace_state is None else found.trace_state.to_header(),
        is_sampled=found.decision is sampling.Decision.RECORD_AND_SAMPLE,
    )


def _sampler(environment: Mapping[str, str]) -> sampling.Sampler:
    name = environment.get("OTEL_TRACES_SAMPLER", "").strip().lower() or "parentbased_always_on"
    if name in SAMPLERS:
        return SAMPLERS[name]
    if name not in {"traceidratio", "parentbased_traceidratio"}:
        raise SettingError(
            f"OTEL_TRACES_SAMPLER is {name!r}, and known are {', '.join(SAMPLERS)}, traceidratio, parentbased_traceidratio"
        )
    argument = environment.get("OTEL_TRACES_SAMPLER_ARG", "").strip() or "1.0"
    try:
        ratio = sampling.TraceIdRatioBased(float(argument))
    except ValueError:
        raise SettingError(f"OTEL_TRACES_SAMPLER_ARG is {argument!r}, which is no share from 0 to 1") from None
    return ratio if name == "traceidratio" else sampling.ParentBased(ratio)


def resource_of(event: RunStarted) -> Mapping[str, Any]:
    """Return the attributes of the service: those of ``OTEL_RESOURCE_ATTRIBUTES`` and ``OTEL_SERVICE_NAME``, and ours for what they do not say."""
    chosen = OTELResourceDetector().detect().attributes  # by the user alone
    ours: dict[str, Any] = {
        "service.name": NAME,
        "service.version": event.versions.get(NAME, ""),
        "service.instance.id": event.run_id,  # the metrics of two runs are two
        "host.name": event.host,
        "process.pid": event.pid,
    }
    return {**Resource.create().attributes, **ours, **chosen}
