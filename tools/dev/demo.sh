# demo [ARGUMENTS]        build, then run examples/live-feed and say where to look
need_packages build
build_web
build_preset release offing
exec examples/live-feed/demo "$@"
