# soak [SUITE]            the long versions of the suites (tests/*/soak): hours, not minutes
need_packages build test browsers
build_web
build_preset release offing
failed=0
for soak in tests/${1:-*}/soak; do
  [[ -x "$soak" ]] || die "no suite has a file $soak"
  echo "== ${soak}"
  "$soak" || failed=1
done
exit "$failed"
