"""What a user is told whose Spark does not start."""

import pytest

from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import ClusterError

pytestmark = pytest.mark.cluster


def test_without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Java is told what to install, before anything starts."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ClusterError, match=r"Spark needs Java, and there is none: .* openjdk-17-jre-headless"):
        count_anagrams("cat", orchestrator="spark")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # PySpark leaves a pipe of its JVM open
def test_a_master_that_cannot_be() -> None:
    """A master of a kind that Spark does not know is named, with what Spark says of it."""
    with pytest.raises(ClusterError, match="Spark did not start with the master 'nonsense'"):
        count_anagrams("cat", orchestrator="spark", orchestrator_options={"address": "nonsense"})
