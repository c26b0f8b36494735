# The id of the account; data.raff_whoami has it as account_id.
import {
  to = raff_account_settings.this
  id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
}
