#!/usr/bin/env bash
# Prints shell lines that name the Terraform program the provider's acceptance tests run. It is, in this order:
# TF_ACC_TERRAFORM_PATH, terraform or tofu in PATH, OpenTofu built once from its Go module into .cache/.
#   eval "$(scripts/ensure-terraform.sh)"
set -euo pipefail
cd "$(dirname "$0")/.."

version=v1.12.6
built=$PWD/.cache/tofu-$version

build() {
  local work module
  work=$(mktemp -d)
  trap 'chmod -R u+w "$work"; rm -rf "$work"' RETURN
  echo "No Terraform program found; building OpenTofu $version from its Go module. This takes some minutes, once." >&2
  module=$(cd "$work" && go mod download -json "github.com/opentofu/opentofu@$version" | sed -n 's/^\t"Dir": "\(.*\)",\{0,1\}$/\1/p')
  # The module cache is read-only and go build writes go.sum.
  cp -R "$module" "$work/src"
  chmod -R u+w "$work/src"
  mkdir -p .cache
  (cd "$work/src" && GOFLAGS="-mod=mod -buildvcs=false" CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/opentofu/opentofu/version.dev=no" -o "$built.tmp" ./cmd/tofu) >&2
  mv "$built.tmp" "$built"
}

program=${TF_ACC_TERRAFORM_PATH:-$(command -v terraform || command -v tofu || true)}
if [ -z "$program" ]; then
  [ -x "$built" ] || build
  program=$built
fi

printf 'export TF_ACC_TERRAFORM_PATH=%q\n' "$program"
# Settings of the person who runs the tests, such as dev_overrides, must not reach them.
echo 'export TF_CLI_CONFIG_FILE=/dev/null'
# The test library writes provider addresses with Terraform's own default host unless told otherwise.
case $(TF_CLI_CONFIG_FILE=/dev/null "$program" version) in
  *OpenTofu*) echo 'export TF_ACC_PROVIDER_HOST=registry.opentofu.org' ;;
esac
