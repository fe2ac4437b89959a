#!/usr/bin/env bash
# Runs the baseline benchmark, then compares the contenders of benchmark_orchestrators/. Passes its arguments on to both.
set -euo pipefail
cd "$(dirname "$0")"
hatch run benchmark "$@"
hatch run compare-benchmarks --compare-dir benchmark_orchestrators "$@"
