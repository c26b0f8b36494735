# The ID, slug or name of the project.
import {
  to = raff_project.website
  id = "website"
}
