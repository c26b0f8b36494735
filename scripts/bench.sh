#!/usr/bin/env bash
# Measures on both databases; PostgreSQL is a temporary cluster with the durability settings of a production server.
#   scripts/bench.sh [--peers] [FLAGS of bench]
# With --peers it also builds PocketBase, OPA and OpenFGA, once, from their Go modules (bench/peers), and measures them.
set -euo pipefail
cd "$(dirname "$0")/.."

peers=()
if [ "${1-}" = --peers ]; then
  shift
  # The name has the versions, so that another version is built anew.
  dir=.cache/peers-$(cksum <bench/peers/go.mod | cut -d' ' -f1)
  mkdir -p "$dir"
  for package in ./pocketbase github.com/open-policy-agent/opa github.com/openfga/openfga/cmd/openfga; do
    [ -e "$dir/${package##*/}" ] && continue
    echo "building ${package##*/}, once; this takes some minutes"
    CGO_ENABLED=0 go -C bench/peers build -trimpath -ldflags "-s -w" -o "$PWD/$dir/" "$package"
  done
  peers=(-peers "$PWD/$dir")
fi
eval "$(scripts/ensure-terraform.sh)"

bin=$(scripts/ensure-postgres.sh)
work=$(mktemp -d)
chmod 755 "$work"
as=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  as=(setpriv --reuid postgres --regid postgres --clear-groups)
fi
finish() {
  "${as[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
"${as[@]}" "$bin/initdb" -D "$work/data" -U raff -A trust >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$work/data" -w -l "$work/log" \
  -o "-c listen_addresses= -k $work -c max_connections=400 -c shared_buffers=256MB" start >/dev/null

go build -o bin/raff-bench ./bench
status=0
bin/raff-bench -raffd "$PWD/bin/raffd" -report docs/benchmarks.md -data docs/benchmarks.json -terraform "$TF_ACC_TERRAFORM_PATH" \
  "${peers[@]}" -postgres "postgres://raff@/postgres?host=$work" "$@" || status=$?
[ ! -e docs/benchmarks.json ] || go -C tools run ./plot ../docs/benchmarks.json ../docs
exit "$status"
