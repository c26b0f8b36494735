#!/usr/bin/env bash
# Installs Patroni and etcd, with which make failover runs a cluster of PostgreSQL servers, on Debian and Ubuntu if they are missing.
set -euo pipefail

complete() {
  command -v patroni >/dev/null && command -v etcd >/dev/null
}

complete && exit

sudo=()
[ "$(id -u)" = 0 ] || sudo=(sudo -n)
if command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then
  {
    echo "Patroni or etcd is not installed; installing them with apt-get."
    "${sudo[@]}" apt-get update -q
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -q -y --no-install-recommends patroni python3-etcd etcd-server
  } >&2
  complete && exit
fi

cat >&2 <<'END'
Patroni or etcd is missing, and the failover test runs a cluster with the real ones.
Install them and run this again:  apt-get install patroni python3-etcd etcd-server  |  dnf install patroni-etcd etcd
END
exit 1
