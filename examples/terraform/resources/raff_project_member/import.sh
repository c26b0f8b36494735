# By the ID of the project and the email
terraform import raff_project_member.alice 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/alice@example.com

# By the IDs of the project and of the member
terraform import raff_project_member.alice 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c

# By the IDs of the project and of the user
terraform import raff_project_member.carol 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/user:0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c

# By the IDs of the project and of the API key
terraform import raff_project_member.deploy 0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b/api_key:0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5c
