#!/usr/bin/env bash
# Prints the directories of nginx, HAProxy and Caddy, separated by colons. Tests run the examples of packaging/proxies with them.
# Installs them on Debian and Ubuntu if they are missing.
set -euo pipefail

find_bins() {
  local all=()
  for name in nginx haproxy caddy; do
    for program in "$(command -v "$name" || true)" "/usr/sbin/$name" "/opt/homebrew/bin/$name"; do
      if [ -x "$program" ]; then
        all+=("$(dirname "$program")")
        continue 2
      fi
    done
    return 1
  done
  (IFS=: && echo "${all[*]}")
}

find_bins && exit

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo -n)
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  {
    echo "nginx, HAProxy or Caddy is not installed; installing them with apt-get."
    "${sudo[@]}" apt-get update -q
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -q -y --no-install-recommends nginx-light haproxy caddy
  } >&2
  find_bins && exit
fi

cat >&2 <<'END'
nginx, HAProxy or Caddy is missing, and the examples of packaging/proxies are tested with the real ones.
Install them and run this again:  apt-get install nginx haproxy caddy  |  dnf install nginx haproxy caddy  |  brew install nginx haproxy caddy
END
exit 1
