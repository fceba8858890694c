# check                   arrows, sizes, words, links, packages, format, bundle budgets; one line per finding
need_packages build test
need_npm_packages
[[ -f web/dist/worker.js ]] || build_web

check_cpp_format() {
  git ls-files '*.h' '*.cc' | xargs -r clang-format-19 --dry-run -Werror 2>&1 |
    { ! grep -E '(error|warning):' | sort -u -t: -k1,1; } && echo "format: C++ is clean"
}
check_scripts_in_node() {
  step check-scripts "testing the checks" node --test tools/tests/
}
check_ts_format() {
  git ls-files '*.ts' '*.mjs' '*.js' | xargs -r npx --no prettier -- --log-level=warn --check &&
    echo "format: TypeScript is clean"
}

failed=0
checks=0
run() {
  checks=$((checks + 1))
  "$@" || failed=$((failed + 1))
}
run python3 -m unittest discover --quiet --start-directory tools/tests --pattern '*_test.py'
run check_scripts_in_node
run python3 tools/check_layers.py
run python3 tools/check_sizes.py
run python3 tools/check_words.py
run python3 tools/check_links.py
run python3 tools/check_packages.py
run check_cpp_format
run check_ts_format
run node tools/check_bundles.mjs
if ((failed > 0)); then
  echo "check: $failed of $checks checks have findings"
  exit 1
fi
echo "check: $checks checks, no findings"
