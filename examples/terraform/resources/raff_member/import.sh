# By email
terraform import raff_member.alice alice@example.com

# By the ID of the member
terraform import raff_member.bob 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b

# By the ID of the user
terraform import raff_member.carol user:0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b

# By the ID of the API key
terraform import raff_member.reports api_key:0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b
