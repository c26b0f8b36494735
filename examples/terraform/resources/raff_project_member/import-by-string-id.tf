# <project_id>/<member_id>. After the slash, an email, user:<ID of the user> or api_key:<ID of the key> is possible, too.
import {
  to = raff_project_member.alice
  id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/alice@example.com"
}
