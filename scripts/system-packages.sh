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

need_chromium
