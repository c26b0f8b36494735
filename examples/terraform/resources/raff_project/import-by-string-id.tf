# The id, the slug or the name of the project.
import {
  to = raff_project.website
  id = "website"
}
