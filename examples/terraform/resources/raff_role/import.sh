terraform import raff_role.auditor account/auditor
