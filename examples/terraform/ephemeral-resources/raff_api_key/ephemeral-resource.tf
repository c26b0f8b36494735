data "raff_role" "member" {
  scope = "account"
  slug  = "member"
}

# A key for this run only. It is not stored in the state or in a plan, and is revoked when the run ends.
ephemeral "raff_api_key" "run" {
  name    = "nightly run"
  role_id = data.raff_role.member.id
}

# Arguments that accept ephemeral values can use it, such as the configuration of a provider.
provider "raff" {
  alias   = "run"
  api_key = ephemeral.raff_api_key.run.secret
}

data "raff_members" "all" {
  provider = raff.run
}
