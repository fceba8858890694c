# build [PRESET [TARGET]]  web bundles, then build/PRESET/offing (default: release); TARGET all adds the tests
preset="${1:-release}"
shift || true
if (($# == 0)); then set -- offing; fi
need_packages build $([[ "$preset" == fuzz ]] && echo fuzz)
build_web
build_preset "$preset" "$@"
[[ "$preset" == fuzz ]] || ls -lh "build/$preset/offing" | awk '{ print "built " $NF ", " $5 "B" }'
