#!/usr/bin/env bash
# Measures the baseline, then compares contenders, those of benchmark_orchestrators/ unless --compare-dir names others.
# Takes what 'hatch run benchmark' and 'hatch run compare-benchmarks' take. Ends with the graver of the two exit codes.
#
# --export FILE.html holds the comparison; the baseline's report goes to FILE-benchmark.html beside it. What names one file
# or one run (--partial, --resume, --save-baseline) is the comparison's, and so is what only a comparison knows.
set -uo pipefail
cd "$(dirname "$0")"

benchmark=()
comparison=()
has_directory=
is_comparison_only=

# Prints FILE-benchmark.SUFFIX.
beside() {
  local name=${1##*/} directory=
  [[ $1 == */* ]] && directory=${1%/*}/
  if [[ $name == ?*.* ]]; then
    printf '%s' "$directory${name%.*}-benchmark.${name##*.}"
  else
    printf '%s' "$1-benchmark"
  fi
}

while (($#)); do
  case "$1" in
    --export | --compare-dir | --reference | --scan | --vary | --partial | --resume | --save-baseline)
      if (($# < 2)); then
        echo "Error: Option '$1' requires an argument." >&2
        exit 2
      fi
      option=$1 value=$2
      comparison+=("$option" "$value")
      shift
      ;;
    --export=* | --compare-dir=* | --reference=* | --scan=* | --vary=* | --partial=* | --resume=* | --save-baseline=*)
      option=${1%%=*} value=${1#*=}
      comparison+=("$1")
      ;;
    --selftest)
      option=$1
      comparison+=("$1")
      ;;
    *)
      option=
      benchmark+=("$1")
      comparison+=("$1")
      ;;
  esac
  case "$option" in
    --export) benchmark+=(--export "$(beside "$value")") ;;
    # Most components can be varied in plugins only, so that files are compared only if they are named.
    --compare-dir | --vary) has_directory=yes ;;
    --resume | --selftest) is_comparison_only=yes ;;
  esac
  shift
done
[ -n "$has_directory" ] || comparison=(--compare-dir benchmark_orchestrators "${comparison[@]}")

code=0
if [ -z "$is_comparison_only" ]; then
  hatch run benchmark "${benchmark[@]}"
  code=$?
  ((code == 2 || code == 130)) && exit "$code"
fi
hatch run compare-benchmarks "${comparison[@]}"
compare=$?
exit $((compare > code ? compare : code))
