"""GitLab's parameters that the sandbox does not act on, route by route: it refuses them and says why.

The trap: silence. GitLab would import the repository or filter by the language; a sandbox that took the parameter and
did nothing would look as if it had. A contract test compares this table with what GitLab publishes.
"""

from __future__ import annotations

from app.sandbox.rest.routing import Route

UNSIMULATED: dict[str, str] = {
    "GET /groups": "custom_attributes marked_for_deletion_on repository_storage",
    "POST /groups": (
        "ai_settings_attributes amazon_q_auto_review_enabled avatar default_branch_protection_defaults "
        "duo_availability duo_foundational_flows_availability duo_remote_flows_availability "
        "enabled_git_access_protocol experiment_features_enabled extra_shared_runners_minutes_limit "
        "foundational_agents_statuses ldap_access ldap_cn model_prompt_cache_enabled organization_id "
        "shared_runners_minutes_limit"
    ),
    "GET /groups/:id": "custom_attributes",
    "PUT /groups/:id": (
        "ai_settings_attributes allow_merge_on_skipped_pipeline allow_personal_snippets allowed_email_domains_list "
        "amazon_q_auto_review_enabled auto_ban_user_on_excessive_projects_download auto_duo_code_review_enabled "
        "avatar default_branch_protection_defaults duo_availability duo_core_features_enabled duo_features_enabled "
        "duo_foundational_flows_availability duo_namespace_access_rules duo_remote_flows_availability "
        "enabled_foundational_flows enabled_git_access_protocol experiment_features_enabled "
        "extra_shared_runners_minutes_limit file_template_project_id foundational_agents_statuses "
        "ip_restriction_ranges ldap_access ldap_cn lock_duo_features_enabled lock_math_rendering_limits_enabled "
        "math_rendering_limits_enabled max_artifacts_size model_prompt_cache_enabled "
        "only_allow_merge_if_all_discussions_are_resolved only_allow_merge_if_pipeline_succeeds "
        "prevent_forking_outside_group service_access_tokens_expiration_enforced shared_runners_minutes_limit "
        "step_up_auth_required_oauth_provider unique_project_download_limit unique_project_download_limit_alertlist "
        "unique_project_download_limit_allowlist unique_project_download_limit_interval_in_seconds "
        "web_based_commit_signing_enabled"
    ),
    "GET /groups/:id/access_tokens": "last_used_after last_used_before",
    "PUT /groups/:id/boards/:board_id": "assignee_id milestone_id weight",
    "GET /groups/:id/descendant_groups": "custom_attributes marked_for_deletion_on repository_storage",
    "POST /groups/:id/epics": "color end_date start_date",
    "POST /groups/:id/epics/:epic_id/notes": "merge_request_diff_head_sha",
    "PUT /groups/:id/epics/:epic_id/notes/:note_id": "confidential",
    "PUT /groups/:id/epics/:epic_iid": "color end_date start_date updated_at",
    "POST /groups/:id/hooks": "url_variables",
    "PUT /groups/:id/hooks/:hook_id": "url_variables",
    "POST /groups/:id/invitations": "member_role_id",
    "PUT /groups/:id/invitations/:email": "member_role_id",
    "GET /groups/:id/members": "with_saml_identity",
    "GET /groups/:id/projects": "custom_attributes with_security_reports",
    "GET /groups/:id/service_accounts/:user_id/personal_access_tokens": "last_used_after last_used_before",
    "GET /groups/:id/subgroups": "custom_attributes marked_for_deletion_on repository_storage",
    "PUT /namespaces/:id": (
        "additional_purchased_storage_ends_on additional_purchased_storage_size gitlab_subscription_attributes"
    ),
    "GET /personal_access_tokens": "last_used_after last_used_before",
    "GET /projects": (
        "custom_attributes imported include_hidden marked_for_deletion_on repository_checksum_failed "
        "repository_storage topic_id wiki_checksum_failed with_programming_language"
    ),
    "POST /projects": (
        "auto_duo_code_review_enabled avatar container_expiration_policy_attributes duo_remote_flows_enabled "
        "duo_sast_fp_detection_enabled duo_sast_vr_workflow_enabled group_with_project_templates_id import_url "
        "merge_request_title_regex merge_request_title_regex_description mr_default_target_self "
        "repository_object_format repository_storage spp_repository_pipeline_access template_name "
        "template_project_id use_custom_template"
    ),
    "GET /projects/:id": "custom_attributes",
    "PUT /projects/:id": (
        "allow_pipeline_trigger_approve_deployment auto_duo_code_review_enabled avatar "
        "ci_delete_pipelines_in_seconds ci_id_token_sub_claim_components "
        "ci_pipeline_variables_minimum_override_role ci_restrict_pipeline_cancellation_role "
        "container_expiration_policy_attributes duo_remote_flows_enabled duo_sast_fp_detection_enabled "
        "duo_sast_vr_workflow_enabled fallback_approvals_required import_url max_artifacts_size "
        "merge_request_title_regex merge_request_title_regex_description merge_trains_skip_train_allowed "
        "mirror_branch_regex mirror_overwrites_diverged_branches mirror_user_id mr_default_target_self "
        "only_mirror_protected_branches repository_storage spp_repository_pipeline_access "
        "web_based_commit_signing_enabled"
    ),
    "GET /projects/:id/access_tokens": "last_used_after last_used_before",
    "PUT /projects/:id/boards/:board_id": "assignee_id milestone_id weight",
    "POST /projects/:id/hooks": "url_variables",
    "PUT /projects/:id/hooks/:hook_id": "url_variables",
    "POST /projects/:id/invitations": "member_role_id",
    "PUT /projects/:id/invitations/:email": "member_role_id",
    "POST /projects/:id/issues": "discussion_to_resolve merge_request_to_resolve_discussions_of",
    "POST /projects/:id/issues/:issue_iid/notes": "merge_request_diff_head_sha",
    "PUT /projects/:id/issues/:issue_iid/notes/:note_id": "confidential",
    "GET /projects/:id/members": "with_saml_identity",
    "GET /projects/:id/repository/branches": "page_token",
    "POST /projects/:id/repository/commits": "start_project start_sha",
    "GET /projects/:id/repository/tree": "page_token",
    "GET /projects/:id/templates/:type/:name": "fullname project source_template_project_id",
    "POST /projects/:id/wikis": "front_matter",
    "PUT /projects/:id/wikis/:slug": "front_matter",
    "GET /users": "auditors custom_attributes extern_uid provider public_email skip_ldap",
    "POST /users": (
        "auditor avatar extern_uid extra_shared_runners_minutes_limit group_id_for_saml policy_advanced_editor "
        "provider shared_runners_minutes_limit view_diffs_file_by_file"
    ),
    "GET /users/:user_id": "custom_attributes",
    "PUT /users/:user_id": (
        "auditor avatar extern_uid extra_shared_runners_minutes_limit group_id_for_saml policy_advanced_editor "
        "provider shared_runners_minutes_limit view_diffs_file_by_file"
    ),
}
"""Route -> names, with a space between them."""


def beyond(route: Route) -> frozenset[str]:
    return frozenset(UNSIMULATED.get(f"{route.method} {route.template}", "").split())
