# Node and npm's packages. The tools need Node 20. Debian 12 has 18: there npm's package of Node 20 goes to build/node.

node_least=20
node_package_version=20.20.2

node_is_new_enough() {
  command -v node >/dev/null || return 1
  local version
  version=$(node --version)
  version=${version#v}
  ((${version%%.*} >= node_least))
}

need_node() {
  local arch home
  case "$(uname -m)" in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) arch="$(uname -m)" ;;
  esac
  home="$root/build/node/node_modules/node-linux-$arch/bin"
  [[ -x "$home/node" ]] && PATH="$home:$PATH"
  node_is_new_enough && return 0
  step node "fetching Node $node_package_version (this machine has $(node --version))" \
    npm install --prefix build/node --no-save --ignore-scripts --no-audit --no-fund \
    "node-linux-$arch@$node_package_version" ||
    die "npm could not fetch node-linux-$arch@$node_package_version; any Node >= $node_least on PATH does as well"
  PATH="$home:$PATH"
  hash -r
  node_is_new_enough || die "$home/node does not run on this machine"
}

# Installs exactly what package-lock.json says, when it is newer than what is installed.
need_npm_packages() {
  need_node
  [[ node_modules/.package-lock.json -nt package-lock.json ]] && return 0
  step npm-ci "installing npm's packages" npm ci || die "npm ci failed"
}
