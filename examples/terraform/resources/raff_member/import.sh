terraform import raff_member.alice alice@example.com
