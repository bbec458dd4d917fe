"""Errors in the words of GitLab.

The trap this avoids: a client that recognises an error by a wording that only the sandbox uses. The rules are those
of the specification; the sentences are those of the Ruby library that GitLab runs (https://graphql-ruby.org).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from graphql import GraphQLError, TokenKind, VariableDefinitionNode, print_ast

_Rewriting = tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, dict[str, Any]]]]


def _rule(pattern: str, message: str, code: str | None = None, **extensions: str) -> _Rewriting:
    """Rewrite a message; `{1}` stands for the first group, in extensions too."""

    def rewrite(found: re.Match[str]) -> tuple[str, dict[str, Any]]:
        groups = (found.group(0), *(each or "" for each in found.groups()))
        filled = {key: value.format(*groups) for key, value in extensions.items()}
        return message.format(*groups), ({"code": code, **filled} if code else {})

    return re.compile(pattern, re.DOTALL), rewrite


_RULES: tuple[_Rewriting, ...] = (
    _rule(
        r"Cannot query field '(\w+)' on type '(\w+)'",
        "Field '{1}' doesn't exist on type '{2}'",
        "undefinedField",
        typeName="{2}",
        fieldName="{1}",
    ),
    _rule(
        r"Unknown argument '(\w+)' on field '\w+\.(\w+)'",
        "Field '{2}' doesn't accept argument '{1}'",
        "argumentNotAccepted",
        name="{2}",
        typeName="Field",
        argumentName="{1}",
    ),
    _rule(
        r"Argument '[\w.]*?(\w+)\((\w+):\)' of type '[^']+' is required, but it was not provided",
        "Field '{1}' is missing required arguments: {2}",
        "missingRequiredArguments",
        className="Field",
        name="{1}",
        arguments="{2}",
    ),
    _rule(
        r"Unknown type '(\w+)'",
        "No such type {1}, so it can't be a fragment condition",
        "undefinedType",
        typeName="{1}",
    ),
    _rule(
        r"Variable '\$(\w+)' is not defined by operation '(\w+)'",
        "Variable ${1} is used by {2} but not declared",
        "variableNotDefined",
        variableName="{1}",
    ),
    _rule(
        r"Variable '\$(\w+)' is never used in operation '(\w+)'",
        "Variable ${1} is declared by {2} but not used",
        "variableNotUsed",
        variableName="{1}",
    ),
    _rule(
        r"Field '(\w+)' of type '([^']+)' must have a selection of subfields",
        "Field must have selections (field '{1}' returns {2} but has no selections. Did you mean '{1} {{ ... }}'?)",
        "selectionMismatch",
        nodeName="field '{1}'",
        typeName="{2}",
    ),
    _rule(
        r"Variable '\$(\w+)' of (?:required )?type '([^']+)' used in position expecting type '([^']+)'",
        "Type mismatch on variable ${1} and argument ({2} / {3})",
        "variableMismatch",
        variableName="{1}",
        typeName="{2}",
    ),
    _rule(
        r"Expected value of type '(\w+)' not to include unknown field '(\w+)'",
        "InputObject '{1}' doesn't accept argument '{2}'",
        "argumentNotAccepted",
        name="{1}",
        typeName="InputObject",
        argumentName="{2}",
    ),
    _rule(
        r"Expected value of type '(\w+)' to include required field '(\w+)'",
        "Argument '{2}' on InputObject '{1}' is required.",
        "missingRequiredInputObjectAttribute",
        argumentName="{2}",
        inputObjectType="{1}",
    ),
    _rule(
        r"Field '(\w+)' must not have a selection since type '([^'!]+)!?' has no subfields",
        "Selections can't be made on scalars (field '{1}' returns {2} but has selections)",
        "selectionMismatch",
        nodeName="field '{1}'",
        typeName="{2}",
    ),
    _rule(
        r"Unknown fragment '(\w+)'",
        "Fragment {1} was used, but not defined",
        "useAndDefineFragment",
        fragmentName="{1}",
    ),
    _rule(
        r"Fragment '(\w+)' is never used",
        "Fragment {1} was defined, but not used",
        "useAndDefineFragment",
        fragmentName="{1}",
    ),
    _rule(r"Unknown directive '@(\w+)'", "Directive @{1} is not defined", "undefinedDirective", directiveName="{1}"),
    _rule(r"ID cannot represent value: (.*)\Z", "Could not coerce value {1} to ID"),
    _rule(r"Must provide operation name if query contains multiple operations", "An operation name is required"),
    _rule(r"Unknown operation named '(\w+)'", 'No operation named "{1}"'),
    _rule(r"Syntax Error: (.*)\.\Z", "{1}"),
)


def format_all(errors: Iterable[GraphQLError]) -> list[dict[str, Any]]:
    """The `errors` of an answer: message, place, path, and a code for what does not fit the schema."""
    return [_format(error) for error in errors]


def _format(error: GraphQLError) -> dict[str, Any]:
    message, extensions = _variable(error) or _type_of_variable(error) or reword(error.message)
    formatted: dict[str, Any] = {"message": message}
    if error.locations:
        formatted["locations"] = [{"line": each.line, "column": each.column} for each in error.locations]
    if error.path:
        formatted["path"] = list(error.path)
    if extensions:
        formatted["extensions"] = extensions
    return formatted


def reword(message: str) -> tuple[str, dict[str, Any]]:
    """GitLab's wording of a message of the Python library, and the extensions that go with it."""
    for pattern, rewrite in _RULES:
        found = pattern.search(message)
        if found is not None:
            return rewrite(found)
    return message, {}


def _type_of_variable(error: GraphQLError) -> tuple[str, dict[str, Any]] | None:
    """An unknown type: the library says the same of a variable's and of a fragment's, GitLab does not."""
    if not error.message.startswith("Unknown type") or not error.nodes or error.nodes[0].loc is None:
        return None
    token = error.nodes[0].loc.start_token.prev
    while token is not None and token.kind in (TokenKind.BRACKET_L, TokenKind.COLON):
        token = token.prev
    if token is None or token.prev is None or token.prev.kind is not TokenKind.DOLLAR:
        return None
    kind = print_ast(error.nodes[0])
    extensions = {"code": "variableRequiresValidType", "typeName": kind, "variableName": token.value}
    return f"{kind} isn't a defined input type (on ${token.value})", extensions


_INVALID = re.compile(
    r"Variable '\$(?P<name>\w+)' (?:has|got) invalid value(?: at (?P<at>[^:;]+))?[^:;]*[:;] (?P<why>.*)", re.DOTALL
)
_NULL = "Expected value to not be null"
_REASONS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"to include required field '(\w+)'"), r"\1", _NULL),
    (re.compile(r"Expected (?:a )?value of non-null type"), "", _NULL),
    (re.compile(r"of type '(\w+)' not to include unknown field '(\w+)'"), r"\2", r"Field is not defined on \1"),
)
"""What the library says, the field inside that it speaks of, and what GitLab says."""
_WRAPPED = re.compile(r"Expected value of type '[^']+', but encountered error '(.*?)'(?:; found: .*)?\.\Z", re.DOTALL)


def _variable(error: GraphQLError) -> tuple[str, dict[str, Any]] | None:
    """A variable that does not fit: GitLab names its type, the path inside it and the reason."""
    found = _INVALID.match(error.message)
    if found is None:
        return None
    path = [part for part in re.split(r"[.\[\]]+", (found["at"] or "").strip(" '.")) if part]
    why = _WRAPPED.sub(r"\1", found["why"])
    for pattern, inside, reason in _REASONS:
        match = pattern.search(why)
        if match is not None:
            path += [match.expand(inside)] if inside else []
            why = match.expand(reason)
            break
    declared = next((each.type for each in error.nodes or () if isinstance(each, VariableDefinitionNode)), None)
    kind = f" of type {print_ast(declared)}" if declared is not None else ""
    place = f" for {'.'.join(path)}" if path else ""
    reason = f" ({why})" if path else ""
    problems = [{"path": path, "explanation": why}]
    return f"Variable ${found['name']}{kind} was provided invalid value{place}{reason}", {"problems": problems}
