# Debian's packages: tools/packages.txt names them by group, need_packages GROUP... installs those that are missing.

# Prints "PACKAGE COMMAND" per line for the given groups; COMMAND is "-" unless a command can stand in for the package.
packages_of() {
  awk -v groups=" $* " '
    { sub(/#.*/, "") }
    /^\[/ { wanted = index(groups, " " substr($1, 2, length($1) - 2) " ") > 0; next }
    NF && wanted { command = "-"; if ($2 == "or") command = $4; print $1, command }
  ' tools/packages.txt
}

missing_packages() {
  local package command installed
  installed=" $(dpkg-query -W -f='${db:Status-Status}=${Package} ' 2>/dev/null) "
  packages_of "$@" | while read -r package command; do
    [[ "$installed" == *" installed=$package "* ]] && continue
    [[ "$command" != - ]] && command -v "$command" >/dev/null && continue
    echo "$package"
  done
}

need_packages() {
  command -v dpkg-query >/dev/null || die "this machine has no dpkg: install by hand what tools/packages.txt names"
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]} == 0)) && return 0
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "as root, run: apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo)
  fi
  export DEBIAN_FRONTEND=noninteractive
  step apt-update "reading Debian's package lists" "${as_root[@]}" apt-get update ||
    die "apt-get update failed: is the network there, and does /etc/apt name a mirror?"
  step apt-install "installing ${missing[*]}" \
    "${as_root[@]}" apt-get install -y --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install these packages (Debian 12 has them all in 'main')"
}
