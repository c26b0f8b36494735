# The provider is a mock, so no server is needed.
mock_provider "raff" {}

run "everybody_is_invited" {
  variables {
    team = {
      "alice@example.com" = "admin"
      "bob@example.com"   = "member"
    }
  }

  assert {
    condition     = length(raff_member.team) == 2
    error_message = "Two people are in the team."
  }

  assert {
    condition     = raff_member.team["alice@example.com"].role == "admin"
    error_message = "Alice is not an admin."
  }

  assert {
    condition     = output.admins == ["alice@example.com"]
    error_message = "Alice is the only admin."
  }
}

run "strangers_are_refused" {
  command = plan

  variables {
    team = { "mallory@example.net" = "admin" }
  }

  expect_failures = [var.team]
}
