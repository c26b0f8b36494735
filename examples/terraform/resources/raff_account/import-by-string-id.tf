# The ID of the account, which raff operator account list shows.
import {
  to = raff_account.shop
  id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
}
