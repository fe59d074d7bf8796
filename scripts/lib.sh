# Shared by the scripts: the checkout's own Node, its dependencies, and what it builds.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
node=$root/node_modules/node/bin/node

# Installs what the lock file says, when it says something new.
install_packages() {
  if cmp -s package-lock.json node_modules/.roomd-lock 2>/dev/null && [ -x "$node" ]; then return; fi
  if ! command -v npm >/dev/null; then
    echo "roomd: expected npm on the PATH; install Node.js 20 or later, which brings it" >&2
    exit 1
  fi
  echo "roomd: installing packages (once) …" >&2
  # Not `npm ci`: it refuses a lock file made where the registry lacks other platforms' binaries.
  npm install --no-save --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json node_modules/.roomd-lock
}

# Bundles what is spawned or published, when a source is newer than the last time; the build itself stamps dist/.built.
build_bundles() {
  if [ -e dist/.built ] && [ -z "$(find spec bot supervisor scripts/build.ts scripts/build.d package-lock.json -newer dist/.built -print -quit)" ]; then
    return
  fi
  "$node" scripts/build.ts
}

prepare() {
  install_packages
  build_bundles
}

# moto, an emulator of EventBridge, into a virtual environment of the checkout, when its requirements say something new.
# Fails, after pip or venv have said why, where Python 3.11 or later, its venv module or the registry is missing.
install_moto() {
  local requirements=scripts/moto-room/requirements.txt venv=.venv/moto
  if cmp -s "$requirements" "$venv/.requirements" && [ -x "$venv/bin/python" ]; then return; fi
  echo "roomd: installing moto (once) …" >&2
  rm -rf "$venv"
  python3 -m venv "$venv" >&2 || return 1
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" >&2 || return 1
  cp "$requirements" "$venv/.requirements"
}

# What the benchmarks compare with, into the checkout and apart from roomd's own packages, when its lock file says
# something new. Fails, after npm has said why, where the registry can't be reached.
install_peers() {
  local wanted=scripts/bench.d/peers peers=.venv/peers
  if cmp -s "$wanted/package-lock.json" "$peers/.installed"; then return; fi
  echo "roomd: installing what the benchmarks compare with (once) …" >&2
  rm -rf "$peers"
  mkdir -p "$peers"
  cp "$wanted"/package*.json "$peers"
  npm install --prefix "$peers" --no-audit --no-fund --loglevel=error >&2 || return 1
  cp "$wanted/package-lock.json" "$peers/.installed"
}
