# Programs that some tests need. In CI every one is required; elsewhere they are installed where this may be done,
# and otherwise their tests are skipped, visibly, with the command that enables them.
need_chromium() {
  if command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "roomd: installing Chromium for the browser tests (once) …" >&2
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium-headless-shell; } >/dev/null; then
      return
    fi
  fi
  if [ -n "${CI:-}" ]; then
    echo "roomd: CI needs Chromium: apt-get install chromium-headless-shell" >&2
    exit 1
  fi
}

need_moto() {
  if install_moto; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "roomd: installing python3-venv for moto (once) …" >&2
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv; } >/dev/null; then
      if install_moto; then return; fi
    fi
  fi
  if [ -n "${CI:-}" ]; then
    echo "roomd: CI needs moto, and for it Python 3.11 or later: apt-get install python3-venv" >&2
    exit 1
  fi
  echo "roomd: the tests against moto are skipped; Python 3.11 or later enables them: apt-get install python3-venv" >&2
}

need_strace() {
  if [ "$(uname)" != Linux ] || command -v strace >/dev/null; then return; fi
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "roomd: installing strace for the tests of a failing disk (once) …" >&2
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends strace; } >/dev/null; then return; fi
  fi
  if [ -n "${CI:-}" ]; then
    echo "roomd: CI needs strace: apt-get install strace" >&2
    exit 1
  fi
}

need_chromium
need_moto
need_strace
