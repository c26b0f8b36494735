#!/usr/bin/env bash
# Prints shell commands that set the program for the provider's acceptance tests:
#   eval "$(scripts/ensure-terraform.sh)"        TF_ACC_TERRAFORM_PATH, else terraform or tofu in PATH, else OpenTofu
#   eval "$(scripts/ensure-terraform.sh tofu)"   OpenTofu: tofu in PATH if it is this version, else built
#   eval "$(scripts/ensure-terraform.sh next)"   a current Terraform, built
# Programs are built from their Go modules, once, and kept in .cache/.
set -euo pipefail
cd "$(dirname "$0")/.."

tofu_version=v1.12.6
next_version=v1.14.0
mkdir -p .cache
cache=$(cd .cache && pwd -P)

find_tofu() {
  local found
  found=$(type -P tofu || true) # not this function
  case $(TF_CLI_CONFIG_FILE=/dev/null "${found:-false}" version 2>/dev/null) in
    "OpenTofu $tofu_version"*) echo "$found"; return ;;
  esac
  [ -x "$cache/tofu-$tofu_version" ] || scripts/build-terraform.sh github.com/opentofu/opentofu "$tofu_version" ./cmd/tofu "$cache/tofu-$tofu_version"
  echo "$cache/tofu-$tofu_version"
}

find_next() {
  [ -x "$cache/terraform-$next_version" ] || scripts/build-terraform.sh github.com/hashicorp/terraform "$next_version" . "$cache/terraform-$next_version"
  echo "$cache/terraform-$next_version"
}

case ${1-} in
  tofu) program=$(find_tofu) ;;
  next) program=$(find_next) ;;
  '')
    program=${TF_ACC_TERRAFORM_PATH:-$(command -v terraform || command -v tofu || true)}
    [ -n "$program" ] || program=$(find_tofu)
    ;;
  *)
    echo "usage: scripts/ensure-terraform.sh [tofu|next]" >&2
    exit 2
    ;;
esac

printf 'export TF_ACC_TERRAFORM_PATH=%q\n' "$program"
# The settings of the user who runs the tests, such as dev_overrides, must not affect them.
echo 'export TF_CLI_CONFIG_FILE=/dev/null'
# By default, the test library uses provider addresses with Terraform's default host.
case $(TF_CLI_CONFIG_FILE=/dev/null "$program" version) in
  *OpenTofu*) echo 'export TF_ACC_PROVIDER_HOST=registry.opentofu.org' ;;
esac
