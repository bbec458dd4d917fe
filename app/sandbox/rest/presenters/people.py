"""Users, members, invitations and tokens as REST shows them (https://docs.gitlab.com/api/users/).

The trap: an e-mail address in the wrong answer. Other people see a user without `email`; only `GET /user` and
administrators get it.
"""

from __future__ import annotations

from app.sandbox.rest.presenters.formats import Json, day, moment
from app.sandbox.world import Invitation, Member, Token, User, World


def user_basic(world: World, user: User) -> Json:
    """The small user object that hangs on every other answer."""
    return {
        "id": user.id,
        "username": user.username,
        "public_email": "",
        "name": user.name,
        "state": user.state,
        "locked": False,
        "avatar_url": f"{world.base_url}/uploads/-/system/user/avatar/{user.id}/avatar.png",
        "web_url": f"{world.base_url}/{user.username}",
    }


def user_by_id(world: World, user_id: int | None) -> Json | None:
    """user_basic of an id, None for no id."""
    return None if user_id is None else user_basic(world, world.users[user_id])


def user_profile(world: World, user: User) -> Json:
    """`GET /users/:id` for people who are not administrators."""
    data = {
        **user_basic(world, user),
        "created_at": moment(user.created_at),
        "bio": "",
        "location": "",
        "linkedin": "",
        "twitter": "",
        "discord": "",
        "website_url": "",
        "github": "",
        "job_title": "",
        "pronouns": None,
        "organization": "",
        "bot": user.bot,
        "work_information": None,
        "followers": 0,
        "following": 0,
        "is_followed": False,
        "local_time": None,
    }
    return _with_profile(user, data)


def _with_profile(user: User, data: Json) -> Json:
    return data | {name: value for name, value in user.profile.items() if name in data}


def current_user(world: World, user: User) -> Json:
    """`GET /user`; administrators get more, as on GitLab."""
    data = user_profile(world, user) | {
        "last_sign_in_at": None,
        "confirmed_at": moment(user.created_at),
        "last_activity_on": None,
        "email": user.email,
        "theme_id": 3,
        "color_scheme_id": 1,
        "projects_limit": 100_000,
        "current_sign_in_at": None,
        "identities": [],
        "can_create_group": True,
        "can_create_project": True,
        "two_factor_enabled": False,
        "external": False,
        "private_profile": False,
        "commit_email": user.email,
        "preferred_language": "en",
    }
    if world.enterprise:
        data |= {
            "shared_runners_minutes_limit": None,
            "extra_shared_runners_minutes_limit": None,
            "scim_identities": [],
        }
    data = _with_profile(user, data)
    return data | _for_administrators(world, user) if user.admin else data


def user_with_admin(world: World, user: User) -> Json:
    """A user as administrators get it from what they did."""
    return current_user(world, user) | _for_administrators(world, user)


def _for_administrators(world: World, user: User) -> Json:
    data: Json = {"is_admin": user.admin, "note": None, "namespace_id": user.id, "created_by": None}
    if world.enterprise:
        data |= {
            "using_license_seat": not user.bot,
            "is_auditor": False,
            "provisioned_by_group_id": None,
            "enterprise_group_id": None,
            "enterprise_group_associated_at": None,
        }
    return data


def member(world: World, membership: Member) -> Json:
    """A member: the user with role and end (https://docs.gitlab.com/api/members/)."""
    return {
        **user_basic(world, world.users[membership.user_id]),
        "access_level": membership.access_level,
        "created_at": moment(membership.created_at),
        "created_by": user_by_id(world, membership.created_by_id),
        "expires_at": day(membership.expires_at),
        "membership_state": "active",
    }


def invitation(world: World, invited: Invitation) -> Json:
    """A waiting invitation (https://docs.gitlab.com/api/invitations/); its token is only in the mail."""
    return {
        "access_level": invited.access_level,
        "created_at": moment(invited.created_at),
        "expires_at": day(invited.expires_at),
        "invite_email": invited.email,
        "user_name": None,
        "created_by_name": world.users[invited.created_by_id].name,
    }


def token(world: World, record: Token, *, with_value: bool = False) -> Json:
    """A personal access token; its value is shown once, when it is made."""
    expired = record.expires_at is not None and record.expires_at <= world.clock().date()
    data: Json = {
        "id": record.id,
        "name": record.name,
        "revoked": record.revoked,
        "created_at": moment(record.created_at),
        "description": None,
        "scopes": list(record.scopes),
        "user_id": record.user_id,
        "last_used_at": None,
        "active": not record.revoked and not expired,
        "expires_at": day(record.expires_at),
    }
    return data | ({"token": record.value} if with_value else {})


def resource_token(world: World, record: Token, *, with_value: bool = False) -> Json:
    """A project's or a group's own token, with the role of its bot."""
    container = world.container_of(record)
    levels = [member.access_level for member in container.members if member.user_id == record.user_id]
    extra = {"access_level": max(levels, default=0), "resource_type": container.noun, "resource_id": container.id}
    return token(world, record, with_value=with_value) | extra
