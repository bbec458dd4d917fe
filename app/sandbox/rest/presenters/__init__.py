"""World records to the JSON of GitLab's REST answers: one module per noun, no rule and no state change here."""
