#!/usr/bin/env bash
# Shows a complete workflow on a temporary server: apply a configuration, list the members, change a role in place,
# accept the invitation as the invited person, and see an empty plan. It cleans up at the end.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
server=
finish() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
run() { printf '\033[2m$ %s\033[0m\n' "$*"; "$@"; }

say "1. Start a server on an embedded database"
./bin/raffd dev --listen 127.0.0.1:0 --data "$work/data" >"$work/raffd.log" 2>&1 &
server=$!
for _ in $(seq 100); do
  grep -q 'Owner key' "$work/raffd.log" && break
  kill -0 "$server" 2>/dev/null || { cat "$work/raffd.log" >&2; exit 1; }
  sleep 0.1
done
RAFF_API_URL=$(sed -n 's/^raff is ready at \(http[^ ]*\).*/\1/p' "$work/raffd.log")
RAFF_API_KEY=$(sed -n 's/^  Owner key *\(raff_[0-9a-f]*\)$/\1/p' "$work/raffd.log")
export RAFF_API_URL RAFF_API_KEY
[ -n "$RAFF_API_KEY" ] || { cat "$work/raffd.log" >&2; exit 1; }
echo "$RAFF_API_URL is ready"

say "2. Apply examples/quickstart with Terraform"
cp examples/quickstart/main.tf "$work/"
export TF_CLI_CONFIG_FILE=$PWD/bin/terraform.rc TF_IN_AUTOMATION=1
terraform=(terraform)
command -v terraform >/dev/null || {
  eval "$(scripts/ensure-terraform.sh)"
  terraform=("$TF_ACC_TERRAFORM_PATH")
}
tf() { "${terraform[@]}" -chdir="$work" "$@" -no-color 2>&1 | sed -e "/provider development overrides/,/releases\\.$/d" -e "/^Warning: Provider development overrides/d"; }
tf apply -auto-approve

say "3. The members, on the command line"
run ./bin/raff member list

say "4. Give Alice another role: an update in place, under the same id"
before=$("${terraform[@]}" -chdir="$work" output -raw alice_id)
sed -i.old '/resource "raff_member" "alice"/,/^}/s/roles\[0\]/by_slug["billing"]/' "$work/main.tf"
tf apply -auto-approve
after=$("${terraform[@]}" -chdir="$work" output -raw alice_id)
[ "$before" = "$after" ] || { echo "the id changed from $before to $after" >&2; exit 1; }
run ./bin/raff member list

say "5. Alice opens the link of her invitation and accepts"
link=$(grep -o "$RAFF_API_URL/invite/[A-Za-z0-9_-]*" "$work/raffd.log" | tail -n 1)
curl -fsS "$RAFF_API_URL/api/v1/invitations/accept" -H 'Content-Type: application/json' \
  -d "{\"token\": \"${link##*/}\", \"name\": \"Alice\", \"password\": \"lamp orbit velvet toast\"}" >/dev/null
run ./bin/raff member list

say "6. Terraform sees nothing to do: the member that was invited is the member that accepted"
tf plan -detailed-exitcode
say "Done."
