#!/usr/bin/env bash
# Writes docs/terraform from the provider's schema, its templates and examples/terraform. With --check it writes nothing
# and fails if the pages are out of date. TFPLUGINDOCS is the path of the tfplugindocs program; Terraform is not needed.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/examples"
cp -R examples/terraform "$work/examples/"
cp -R internal/tfprovider/templates "$work/templates"
go run ./cmd/terraform-provider-raff -schema >"$work/schema.json"
"$TFPLUGINDOCS" generate --provider-dir "$work" --provider-name raff --rendered-provider-name raff \
  --providers-schema "$work/schema.json" --examples-dir examples/terraform >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

if [ "${1-}" = --check ]; then
  diff -ru docs/terraform "$work/docs" || { echo "docs/terraform is out of date: run make docs" >&2; exit 1; }
  exit
fi
rm -rf docs/terraform
cp -R "$work/docs" docs/terraform
