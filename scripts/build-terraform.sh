#!/usr/bin/env bash
# Builds Terraform or OpenTofu from its Go module, for tests: scripts/build-terraform.sh MODULE VERSION PACKAGE PROGRAM
#
# The state backends and key providers of clouds are left out: they take most of the build time, the tests do not use
# them, and those of Terraform are separate modules that no module proxy has.
set -euo pipefail
module=$1 version=$2 package=$3 program=$4
clouds='azure consul cos gcs kubernetes oci oss pg s3'

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
echo "building ${program##*/} from $module $version; this takes a few minutes, once" >&2
source=$(cd "$work" && go mod download -json "$module@$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
# The module cache is read-only, and go build writes go.sum.
cp -R "$source" "$work/src"
chmod -R u+w "$work/src"
cd "$work/src"

edit() { sed "$@" >"$work/edited" && cp "$work/edited" "${!#}"; }
init=internal/backend/init/init.go
for cloud in $clouds; do
  name=$(sed -n "s|^[[:space:]]*\(backend[A-Za-z0-9]*\) \".*/remote-state/$cloud\"|\1|p" "$init")
  [ -z "$name" ] || edit "/[^A-Za-z0-9]$name[^A-Za-z0-9]/d" "$init"
done
edit -e '/internal\/backend\/remote-state\//d' -e '/internal\/legacy/d' go.mod
keys=internal/encryption/default_registry.go
if [ -f "$keys" ]; then
  edit -e '/keyprovider\/\(aws_kms\|azure_vault\|gcp_kms\)"/d' -e '/RegisterKeyProvider(\(aws_kms\|azure_vault\|gcp_kms\)\./,/^	}/d' "$keys"
fi

GOFLAGS='-mod=mod -buildvcs=false' CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X $module/version.dev=no" -o "$program.tmp" "$package" >&2
mv "$program.tmp" "$program"
