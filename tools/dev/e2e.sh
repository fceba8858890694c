# e2e [ARGUMENTS]         the real browsers against the real binary (tests/e2e/run)
need_packages build test browsers
build_web
build_preset release offing
exec tests/e2e/run "$@"
