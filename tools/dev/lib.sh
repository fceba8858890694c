# What the verbs share. Sourced by ./dev with the repository's root as the working directory.

root=$PWD
logs=build/log
: "${JOBS:=$(nproc)}"
# Objects are shared between presets and checkouts wherever their commands are the same.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

die() {
  echo "dev: $*" >&2
  exit 1
}

minutes() { awk -v s="$1" 'BEGIN { printf "%.1f", s / 60 }'; }

# step LOG TITLE COMMAND...: runs a quiet command. Its output goes to build/log/LOG.log, from which the newest line is
# shown once a minute, and the end if it fails.
step() {
  local log="$logs/$1.log" title="$2" began=$SECONDS status=0 heartbeat
  shift 2
  mkdir -p "$logs"
  printf '%s ...' "$title"
  (while sleep 60; do printf '\n  %s ...' "$(tail -n 1 "$log" | cut -c1-100)"; done) &
  heartbeat=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$heartbeat" 2>/dev/null
  wait "$heartbeat" 2>/dev/null || true
  if ((status == 0)); then
    printf ' %ds\n' $((SECONDS - began))
    return 0
  fi
  printf ' failed (%s)\n' "$log"
  tail -n "${LOG_LINES:-60}" "$log" >&2
  return "$status"
}

source tools/dev/packages.sh
source tools/dev/node.sh
source tools/dev/cmake.sh
