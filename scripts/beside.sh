#!/usr/bin/env bash
# Runs two commands at the same time:
#   scripts/beside.sh 'COMMAND' OTHER…    shows what OTHER prints, and then what COMMAND printed; fails if one of them fails
set -uo pipefail
log=$(mktemp)
trap 'rm -f "$log"' EXIT
bash -euo pipefail -c "$1" >"$log" 2>&1 &
beside=$!
shift
status=0
"$@" || status=$?
echo "waiting for what runs beside it"
wait "$beside" || status=$?
cat "$log"
exit "$status"
