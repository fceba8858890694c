# check                   arrows, sizes, words, links, packages, comparison, format, bundle budgets; one line per finding
need_packages build test
need_npm_packages
[[ -f web/dist/worker.js ]] || build_web

# Each prints the files that are not in their format; ./dev fmt puts them there.
check_cpp_format() {
  local found
  if found=$(git ls-files '*.h' '*.cc' | xargs -r clang-format-19 --dry-run -Werror 2>&1); then
    echo "format: C++ is clean"
  else
    grep -E '[Ee]rror' <<<"$found" | sort -u -t: -k1,1
    return 1
  fi
}

check_ts_format() {
  local found
  if found=$(git ls-files '*.ts' '*.mjs' '*.js' | xargs -r node_modules/.bin/prettier --list-different 2>&1); then
    echo "format: TypeScript is clean"
  else
    sed 's/$/:1: is not in the format of prettier/' <<<"$found"
    return 1
  fi
}

check_scripts() {
  step check-python "testing the checks written in Python" \
    python3 -m unittest discover --start-directory tools/tests --pattern '*_test.py' &&
    step check-node "testing the checks written for Node" node --test tools/tests/
}

failed=0
checks=0
run() {
  checks=$((checks + 1))
  "$@" || failed=$((failed + 1))
}
run check_scripts
run python3 tools/check_layers.py
run python3 tools/check_sizes.py
run python3 tools/check_words.py
run python3 tools/check_links.py
run python3 tools/check_packages.py
run python3 tools/check_compared.py
run check_cpp_format
run check_ts_format
run node tools/check_bundles.mjs
if ((failed > 0)); then
  echo "check: $failed of $checks checks have findings"
  exit 1
fi
echo "check: $checks checks, no findings"
