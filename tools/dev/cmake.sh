# Building: the web bundles first, because the binary embeds them, then one CMake preset (build/PRESET).

build_web() {
  need_npm_packages
  # build/web.stamp is as old as the start of the last build that succeeded.
  local stamp=build/web.stamp
  if [[ -f "$stamp" && -f web/dist/worker.js ]] &&
    [[ -z "$(find web package-lock.json -newer "$stamp" -type f -not -path '*/dist/*' -print -quit)" ]]; then
    return 0
  fi
  mkdir -p build
  touch "$stamp.new"
  step web "building the web bundles" npm run build:web || die "the web bundles do not build"
  mv "$stamp.new" "$stamp"
}

# build_preset PRESET [TARGET...]: without a target, everything that the preset's tests need.
build_preset() {
  local preset="$1"
  shift
  local require_web=ON
  [[ "$preset" == fuzz ]] && require_web=OFF
  step "configure-$preset" "configuring $preset" cmake --preset "$preset" "-DOFFING_REQUIRE_WEB=$require_web" ||
    die "cmake could not configure the preset $preset"
  step "build-$preset" "building $preset ${*:+(${*}) }with $JOBS jobs" ninja -C "build/$preset" -j "$JOBS" "$@" ||
    die "the preset $preset does not build"
}
