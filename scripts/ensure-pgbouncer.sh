#!/usr/bin/env bash
# Prints the directory of PgBouncer, which some tests run in front of PostgreSQL. Installs it on Debian and Ubuntu if it is
# missing.
set -euo pipefail

find_bin() {
  for program in "$(command -v pgbouncer || true)" /usr/sbin/pgbouncer /opt/homebrew/bin/pgbouncer; do
    if [ -x "$program" ]; then
      dirname "$program"
      return
    fi
  done
  return 1
}

find_bin && exit

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo -n)
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  {
    echo "PgBouncer is not installed; installing it with apt-get."
    "${sudo[@]}" apt-get update -q
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -q -y --no-install-recommends pgbouncer
  } >&2
  find_bin && exit
fi

cat >&2 <<'END'
PgBouncer is missing, and the tests run through the real one.
Install it and run this again:  apt-get install pgbouncer  |  dnf install pgbouncer  |  brew install pgbouncer
END
exit 1
