data "raff_role" "member" {
  scope = "account"
  slug  = "member"
}

# A key for this run alone: it is in no state and no plan, and revoked when the run ends.
ephemeral "raff_api_key" "run" {
  name    = "nightly run"
  role_id = data.raff_role.member.id
}

# Whatever takes an ephemeral value may have it, such as the configuration of a provider.
provider "raff" {
  alias   = "run"
  api_key = ephemeral.raff_api_key.run.secret
}

data "raff_members" "all" {
  provider = raff.run
}
