# tidy [all]              clang-tidy over the C++ files changed since origin's main (all: every one)
need_packages build test tidy
[[ -f build/tidy/compile_commands.json ]] ||
  step configure-tidy "configuring tidy" cmake --preset tidy || die "cmake could not configure the preset tidy"
base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD)
if [[ "${1:-}" == all ]]; then
  files=$(git ls-files 'src/*.cc')
else
  changed=$(git diff --name-only --diff-filter=d "$base" -- 'src/*.cc')
  untracked=$(git ls-files --others --exclude-standard 'src/*.cc')
  files=$(printf '%s\n%s\n' "$changed" "$untracked" | grep . | sort -u || true)
fi
[[ -n "$files" ]] || { echo "tidy: no C++ file has changed"; exit 0; }
xargs -n 1 -P "$JOBS" clang-tidy-19 -p build/tidy --quiet <<<"$files" ||
  die "clang-tidy has findings"
echo "tidy: $(wc -l <<<"$files") files, no findings"
