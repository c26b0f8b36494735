# The ID of the role, or its scope and slug.
import {
  to = raff_role.auditor
  id = "account/auditor"
}
