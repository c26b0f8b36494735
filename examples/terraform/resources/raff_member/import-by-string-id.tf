# The id of the member, the address, user:<id of the user> or api_key:<id of the key>.
import {
  to = raff_member.alice
  id = "alice@example.com"
}
