"""The orchestrator ``spark`` keeps the contract."""

import pytest

from kept_clusters import KeptClusterContract
from own_cluster_checks import START_AND_END_CHECKS
from pipeline_optimization.testing import OrchestratorContract

KNOWN = {
    "a_death_is_told": "a wave whose job died is run again, attempt by attempt; only one that ends its own job is lost"
}


@pytest.mark.cluster
class TestSpark(KeptClusterContract):
    """In the Spark context that a program has already."""

    name = "spark"
    known_failures = KNOWN


@pytest.mark.cluster
class TestSparkOfItsOwn(OrchestratorContract):
    """In a context, and a JVM, for each run."""

    name = "spark"
    options = {"workers": 2}
    checks = START_AND_END_CHECKS
    known_failures = KNOWN
