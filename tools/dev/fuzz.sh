# fuzz [TARGET [SECONDS]]  libFuzzer on TARGET, starting from fuzz/corpus/TARGET (without TARGET: list them)
targets=$(git ls-files 'src/*_fuzz.cc' | sed 's,.*/,,; s,\.cc$,,')
if (($# == 0)); then
  echo "$targets"
  exit 0
fi
grep -qx -- "$1" <<<"$targets" || die "there is no target '$1'; there are: $(tr '\n' ' ' <<<"$targets")"
need_packages build fuzz
build_preset fuzz "$1"
# What is found new goes to build/; what is worth keeping is copied into fuzz/corpus by hand.
found="build/fuzz/corpus/$1"
mkdir -p "$found" build/fuzz/artifacts "fuzz/corpus/$1"
exec "build/fuzz/$1" -max_total_time="${2:-60}" -print_final_stats=1 -artifact_prefix=build/fuzz/artifacts/ \
  "$found" "fuzz/corpus/$1"
