#!/usr/bin/env bash
# Prints the path of the Chromium for tests of the pages. Installs it on Debian and Ubuntu if it is missing.
set -euo pipefail

find_program() {
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    if [ -n "$name" ] && program=$(command -v "$name"); then
      echo "$program"
      return
    fi
  done
  mac="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
  [ -x "$mac" ] && echo "$mac"
}

find_program && exit

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo -n)
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  {
    echo "Chromium is not installed; installing it with apt-get."
    "${sudo[@]}" apt-get update -q
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -q -y --no-install-recommends chromium
  } >&2
  find_program && exit
fi

cat >&2 <<'END'
Chromium is missing, and the pages are tested in a real browser. Install it and run this again:
  apt-get install chromium  |  dnf install chromium  |  brew install --cask google-chrome
Any Chromium will do: name it in CHROMIUM.
END
exit 1
