# setup [GROUP...]        install what tools/packages.txt names (build, test, browsers) and npm's packages
if (($# == 0)); then set -- build test browsers; fi
need_packages "$@"
need_npm_packages
echo "setup: all of $* is there"
