"""What answers queries, by noun. Importing a module registers its functions with the schema."""

from app.sandbox.graphql.resolvers import (
    boards,
    commits,
    discussions,
    hierarchy,
    hooks,
    labels,
    namespaces,
    notes,
    people,
    query,
    repository,
    statuses,
    widgets,
    work_items,
)

__all__ = [
    "boards",
    "commits",
    "discussions",
    "hierarchy",
    "hooks",
    "labels",
    "namespaces",
    "notes",
    "people",
    "query",
    "repository",
    "statuses",
    "widgets",
    "work_items",
]
