# bench [NAME]            run bench/NAME against its rivals and the floor (without NAME: list them)
if (($# == 0)); then
  for run in bench/*/run; do [[ -x "$run" ]] && echo "${run#bench/}" | sed 's,/run,,'; done
  exit 0
fi
name="$1"
shift
[[ -x "bench/$name/run" ]] || die "there is no bench/$name/run"
need_packages build test browsers bench
build_web
build_preset release offing "bench_$name"
exec "bench/$name/run" "$@"
