# The ID of the account, or of a project.
import {
  to = raff_members_exclusive.account
  id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
}
