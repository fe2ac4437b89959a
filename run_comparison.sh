#!/usr/bin/env bash
# Runs the baseline benchmark, then compares the contenders of benchmark_orchestrators/. Passes its arguments on to both,
# but for those that only a comparison knows. Ends with the graver of the two exit codes.
set -uo pipefail
cd "$(dirname "$0")"

shared=()
comparison=(--compare-dir benchmark_orchestrators)
while (($#)); do
  case "$1" in
    --compare-dir | --reference | --scan) comparison+=("$1" "${2-}"); shift ;;
    --compare-dir=* | --reference=* | --scan=*) comparison+=("$1") ;;
    *) shared+=("$1") ;;
  esac
  shift
done

hatch run benchmark "${shared[@]}"
benchmark=$?
((benchmark == 2 || benchmark == 130)) && exit "$benchmark"
hatch run compare-benchmarks "${comparison[@]}" "${shared[@]}"
compare=$?
exit $((compare > benchmark ? compare : benchmark))
