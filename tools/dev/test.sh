# test [SUITE...]         every suite (or those named), their closing lines, and a table at the end
#
# The suites, in order (each but check and web starts with build):
#   build        the web bundles and build/release/offing
#   check        arrows, sizes, words, format, links, bundle budgets, and the tests of those checks
#   unit         C++ unit, contract and fuzz-replay tests of the release build: what is shipped, so without asserts
#   asan-ubsan   the same tests in a debug build, asserts on, under AddressSanitizer and UndefinedBehaviorSanitizer
#   tsan         the same tests in a debug build under ThreadSanitizer
#   web          the TypeScript tests of every npm workspace
#   NAME         tests/NAME/run, for each folder that has one: they drive build/release/offing from outside
# A suite that fails does not stop the ones after it; the exit code says whether any did.

suite_build() { ./dev build; }
suite_check() { ./dev check; }
suite_unit() { build_preset release all && run_ctest release; }
suite_asan-ubsan() { build_preset asan-ubsan all && run_ctest asan-ubsan; }
suite_tsan() { build_preset tsan all && run_ctest tsan; }
suite_web() { npm run test:web; }

run_ctest() {
  local launcher=()
  # ThreadSanitizer cannot map its shadow on kernels that randomise addresses widely.
  if [[ "$1" == tsan ]] && setarch --addr-no-randomize true 2>/dev/null; then launcher=(setarch --addr-no-randomize); fi
  "${launcher[@]}" ctest --test-dir "build/$1" -L 'unit|contract|fuzz-replay' -j "$JOBS" --output-on-failure \
    --no-tests=error
}

# closing_line SUITE LOG: the line that says how a suite ended. It is the last one, except where a test runner counts.
closing_line() {
  case "$1" in
    unit | asan-ubsan | tsan) grep -E '^[0-9]+% tests passed' "$2" | tail -n 1 ;;
    *) grep -v '^[[:space:]]*$' "$2" | tail -n 1 ;;
  esac || true
}

all_suites() {
  printf '%s\n' build check unit asan-ubsan tsan web
  local run
  for run in tests/*/run; do [[ -x "$run" ]] && basename "$(dirname "$run")"; done
}

run_suite() {
  local suite="$1" log="$logs/test-$1.log" began=$SECONDS result=ok
  mkdir -p "$logs"
  echo
  echo "== $suite"
  # The suite is a process of its own, so that `set -e` and `die` in it end the suite and nothing else.
  ./dev test --inside "$suite" 2>&1 | tee "$log" || result=FAILED
  [[ "$result" == ok ]] || failed+=("$suite")
  table+=("$(printf '%-12s %-7s %5s min  %s' "$suite" "$result" "$(minutes $((SECONDS - began)))" \
    "$(closing_line "$suite" "$log" | cut -c1-160)")")
}

if [[ "${1:-}" == --inside ]]; then
  need_node
  if [[ -x "tests/$2/run" ]]; then exec "tests/$2/run"; fi
  "suite_$2" || exit 1
  exit 0
fi

mapfile -t known < <(all_suites)
if (($# == 0)); then set -- "${known[@]}"; fi
for suite in "$@"; do
  [[ " ${known[*]} " == *" $suite "* ]] || die "there is no suite '$suite'; there are: ${known[*]}"
done
[[ "$*" =~ ^((check|web) ?)*$ || "$1" == build ]] || set -- build "$@"
need_packages build test browsers
need_npm_packages
failed=()
table=()
for suite in "$@"; do run_suite "$suite"; done
echo
echo "== all suites, $(minutes $SECONDS) minutes"
printf '%s\n' "${table[@]}"
((${#failed[@]} == 0)) || die "failed: ${failed[*]}"
