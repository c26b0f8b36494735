# The ID of the member, an email, user:<ID of the user> or api_key:<ID of the key>.
import {
  to = raff_member.alice
  id = "alice@example.com"
}
