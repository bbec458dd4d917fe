"""What answers mutations, by noun. Importing a module registers its functions with the schema."""

from app.sandbox.graphql.mutations import boards, commits, labels, notes, work_items

__all__ = ["boards", "commits", "labels", "notes", "work_items"]
