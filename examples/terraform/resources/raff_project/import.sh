terraform import raff_project.website website
