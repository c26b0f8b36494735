#!/usr/bin/env bash
# Prints the directory of PostgreSQL's server programs, with which tests start a temporary cluster. Installs them on Debian
# and Ubuntu if they are missing.
set -euo pipefail

find_bin() {
  if initdb=$(command -v initdb); then
    dirname "$initdb"
    return
  fi
  # The newest version first.
  for dir in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin 2>/dev/null | sort -Vr); do
    if [ -x "$dir/initdb" ]; then
      echo "$dir"
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
    echo "PostgreSQL is not installed; installing it with apt-get."
    "${sudo[@]}" apt-get update -q
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -q -y --no-install-recommends postgresql
  } >&2
  find_bin && exit
fi

cat >&2 <<'END'
PostgreSQL's server programs (initdb, postgres) are missing, and the tests run on the real database.
Install them and run this again:  apt-get install postgresql  |  dnf install postgresql-server  |  brew install postgresql
END
exit 1
