// Drives a sandbox with @gitbeaker/rest as a JavaScript program would: SANDBOX_URL, token of the bot, project partners/acme.
// Run by test_client_gitbeaker.py. Prints the names of the steps that succeeded; exits with 1 at the first that does not.
'use strict';
const assert = require('node:assert/strict');
const { Gitlab, GitbeakerRequestError } = require('@gitbeaker/rest');

const host = process.env.SANDBOX_URL;
const as = (token) => new Gitlab({ host, token });
const api = as('sandbox-partner-bot');

async function refuses(status, promise) {
  await assert.rejects(promise, (error) => error instanceof GitbeakerRequestError && error.cause.response.status === status);
}

const steps = {
  async groups() {
    const group = await api.Groups.show('partners');
    const made = await api.Groups.create('Region', 'region', { parentId: group.id });
    await api.Groups.edit(made.id, { description: 'North' });
    assert.deepEqual((await api.Groups.allSubgroups('partners')).map((each) => each.path), ['region']);
    assert.ok((await api.Groups.allProjects('partners')).some((each) => each.path === 'acme'));
    await api.Groups.remove(made.id);
    assert.ok((await api.Groups.show(made.id)).marked_for_deletion_on);
  },
  async projects() {
    const group = await api.Groups.show('partners');
    const made = await api.Projects.create({ name: 'Two', path: 'two', namespaceId: group.id });
    await api.Projects.edit(made.id, { description: 'Second' });
    assert.equal((await api.Projects.show('partners/two')).description, 'Second');
    const byKey = await api.Projects.all({ pagination: 'keyset', orderBy: 'id', sort: 'asc', perPage: 1 });
    assert.equal(byKey.length, (await api.Projects.all()).length);
    await api.Projects.archive(made.id);
    await api.Projects.unarchive(made.id);
    await api.Projects.remove(made.id);
    await api.Projects.restore(made.id);
  },
  async pages() {
    for (let number = 0; number < 45; number += 1) await api.Issues.create('partners/acme', `Issue ${number}`);
    const ask = { projectId: 'partners/acme', perPage: 10 };
    assert.equal((await api.Issues.all({ projectId: 'partners/acme' })).length, 45);
    assert.equal((await api.Issues.all({ ...ask, maxPages: 2 })).length, 20);
    const second = await api.Issues.all({ ...ask, page: 2, showExpanded: true });
    assert.deepEqual([second.data.length, second.paginationInfo.total, second.paginationInfo.next], [10, 45, 3]);
    const byKey = await api.Issues.all({ ...ask, pagination: 'keyset', orderBy: 'created_at', sort: 'asc' });
    assert.deepEqual(byKey.map((each) => each.iid), Array.from({ length: 45 }, (_, index) => index + 1));
  },
  async issues() {
    const [user] = await api.Users.all({ username: 'gl.sa1' });
    const milestone = await api.ProjectMilestones.create('partners/acme', 'Stage 1', { dueDate: '2027-01-01' });
    const given = { labels: 'bug,new', assigneeIds: [user.id], milestoneId: milestone.id, dueDate: '2026-12-24' };
    const issue = await api.Issues.create('partners/acme', 'Scan', { description: 'Text', ...given });
    assert.deepEqual([issue.labels, issue.assignees[0].username, issue.due_date], [['bug', 'new'], 'gl.sa1', '2026-12-24']);
    assert.equal((await api.Issues.edit('partners/acme', issue.iid, { stateEvent: 'close' })).state, 'closed');
    assert.equal((await api.Issues.edit('partners/acme', issue.iid, { stateEvent: 'reopen' })).state, 'opened');
    assert.ok((await api.IssueStateEvents.all('partners/acme', issue.iid)).length >= 2);
    assert.ok((await api.IssueLabelEvents.all('partners/acme', issue.iid)).length >= 2);
    assert.equal((await api.Issues.all({ groupId: 'partners', labels: 'bug' })).length, 1);
    const other = await api.Issues.create('partners/acme', 'Other');
    const link = await api.IssueLinks.create(issue.project_id, issue.iid, issue.project_id, other.iid);
    assert.equal(link.target_issue.iid, other.iid);
    const blocked = await api.Issues.create('partners/acme', 'Later', { labels: ['a', 'b'], confidential: true, weight: 3 });
    await api.IssueLinks.create('partners/acme', issue.iid, 'partners/acme', blocked.iid, { linkType: 'blocks' });
    const [seen] = await api.IssueLinks.all('partners/acme', blocked.iid);
    assert.deepEqual([seen.iid, seen.link_type], [issue.iid, 'is_blocked_by']);
    await api.IssueLinks.remove('partners/acme', blocked.iid, seen.issue_link_id);
    assert.equal((await api.Issues.unsubscribe('partners/acme', blocked.iid)).subscribed, false);
    assert.equal((await api.Issues.subscribe('partners/acme', blocked.iid)).subscribed, true);
    assert.ok((await api.Issues.allParticipants('partners/acme', issue.iid)).length >= 1);
    await api.Issues.remove('partners/acme', other.iid);
  },
  async filters() {
    const ask = async (options) => (await api.Issues.all({ projectId: 'partners/acme', ...options })).map((each) => each.title);
    assert.deepEqual(await ask({ labels: ['a', 'b'], not: { labels: ['bug'] } }), ['Later']);
    assert.deepEqual((await ask({ iids: [1, 2], orderBy: 'created_at', sort: 'asc' })), ['Issue 0', 'Issue 1']);
    assert.deepEqual(await ask({ assigneeUsername: ['gl.sa1'] }), ['Scan']);
    assert.deepEqual(await ask({ search: 'Later', in: 'title', confidential: true, weight: 3 }), ['Later']);
    assert.deepEqual(await ask({ milestone: 'Stage 1', authorUsername: 'partner-bot', dueDate: 'month' }), []);
    assert.equal((await api.Issues.all({ scope: 'all', perPage: 2, maxPages: 1 })).length, 2);
    assert.deepEqual((await api.Projects.search('acm')).map((each) => each.path), ['acme']);
    assert.deepEqual((await api.Groups.search('partn')).map((each) => each.path), ['partners']);
    assert.deepEqual((await api.Users.all({ search: 'sa1' })).map((each) => each.username), ['gl.sa1']);
  },
  async notesAndReactions() {
    const { iid } = await api.Issues.create('partners/acme', 'Talk');
    const note = await api.IssueNotes.create('partners/acme', iid, 'Hello');
    await api.IssueNotes.edit('partners/acme', iid, note.id, { body: 'Hello again' });
    assert.equal((await api.IssueNotes.show('partners/acme', iid, note.id)).body, 'Hello again');
    assert.equal((await api.IssueNotes.all('partners/acme', iid)).length, 1);
    const award = await api.IssueAwardEmojis.award('partners/acme', iid, 'thumbsup');
    await api.IssueNoteAwardEmojis.award('partners/acme', iid, note.id, 'heart');
    assert.equal((await api.IssueAwardEmojis.all('partners/acme', iid)).length, 1);
    await api.IssueAwardEmojis.remove('partners/acme', iid, award.id);
    await api.IssueNotes.remove('partners/acme', iid, note.id);
  },
  async labelsAndBoards() {
    const label = await api.ProjectLabels.create('partners/acme', 'stage::1', '#1f75cb', { description: 'First' });
    await api.ProjectLabels.edit('partners/acme', 'stage::1', { newName: 'stage::2' });
    assert.equal((await api.ProjectLabels.show('partners/acme', label.id)).name, 'stage::2');
    await api.GroupLabels.create('partners', 'kept', '#00ff00');
    await api.GroupLabels.edit('partners', 'kept', { color: '#123456', description: 'Ours' });
    assert.equal((await api.GroupLabels.show('partners', 'kept')).description, 'Ours');
    const wide = await api.GroupIssueBoards.create('partners', 'All');
    assert.equal((await api.GroupIssueBoards.edit('partners', wide.id, { name: 'Everything' })).name, 'Everything');
    await api.GroupIssueBoards.remove('partners', wide.id);
    const goal = await api.GroupMilestones.create('partners', 'Year', { dueDate: '2027-01-01' });
    assert.equal((await api.GroupMilestones.edit('partners', goal.id, { stateEvent: 'close' })).state, 'closed');
    assert.deepEqual(await api.GroupMilestones.allAssignedIssues('partners', goal.id), []);
    await api.GroupMilestones.remove('partners', goal.id);
    await api.GroupLabels.remove('partners', 'kept');
    const board = await api.ProjectIssueBoards.create('partners/acme', 'Journey');
    const list = await api.ProjectIssueBoards.createList('partners/acme', board.id, { labelId: label.id });
    await api.ProjectIssueBoards.editList('partners/acme', board.id, list.id, 0);
    assert.equal((await api.ProjectIssueBoards.allLists('partners/acme', board.id)).length, 1);
    await api.ProjectIssueBoards.removeList('partners/acme', board.id, list.id);
    await api.ProjectIssueBoards.remove('partners/acme', board.id);
  },
  async epics() {
    const epic = await api.Epics.create('partners', 'Acme', { labels: 'partner' });
    const issue = await api.Issues.create('partners/acme', 'Child');
    const link = await api.EpicIssues.assign('partners', epic.iid, issue.id);
    assert.equal((await api.EpicIssues.all('partners', epic.iid)).length, 1);
    const second = await api.EpicIssues.assign('partners', epic.iid, (await api.Issues.create('partners/acme', 'Next')).id);
    await api.EpicIssues.edit('partners', epic.iid, link.id, { moveBeforeId: second.id });
    assert.deepEqual((await api.EpicIssues.all('partners', epic.iid)).map((each) => each.title), ['Next', 'Child']);
    assert.deepEqual((await api.Epics.all('partners', { labels: ['partner'], state: 'opened' })).map((each) => each.title), ['Acme']);
    await api.EpicIssues.remove('partners', epic.iid, link.id);
    await api.EpicNotes.create('partners', epic.id, 'Hello');
    assert.deepEqual((await api.EpicNotes.all('partners', epic.id)).filter((each) => !each.system).map((each) => each.body), ['Hello']);
    assert.equal((await api.EpicLabelEvents.all('partners', epic.id)).length, 1);
    assert.equal((await api.Epics.edit('partners', epic.iid, { stateEvent: 'close' })).state, 'closed');
    await api.Epics.remove('partners', epic.iid);
    await refuses(404, api.Epics.show('partners', epic.iid));
  },
  async peopleAndHooks() {
    const [lead] = await api.Users.all({ username: 'acme.lead' });
    await api.ProjectMembers.add('partners/acme', 20, { userId: lead.id });
    assert.equal((await api.ProjectMembers.edit('partners/acme', lead.id, 30)).access_level, 30);
    assert.ok((await api.ProjectMembers.all('partners/acme', { includeInherited: true })).length > 1);
    await api.ProjectMembers.remove('partners/acme', lead.id);
    await api.ProjectInvitations.add('partners/acme', 20, { email: 'new@acme.example' });
    await api.ProjectInvitations.edit('partners/acme', 'new@acme.example', { accessLevel: 30 });
    assert.equal((await api.ProjectInvitations.all('partners/acme'))[0].access_level, 30);
    await api.ProjectInvitations.remove('partners/acme', 'new@acme.example');
    const hook = await api.ProjectHooks.add('partners/acme', 'http://127.0.0.1:9/x', { issuesEvents: true });
    await api.ProjectHooks.edit('partners/acme', hook.id, 'http://127.0.0.1:9/y', { noteEvents: true });
    assert.deepEqual((await api.ProjectHooks.all('partners/acme')).map((each) => each.url), ['http://127.0.0.1:9/y']);
    await api.ProjectHooks.remove('partners/acme', hook.id);
    assert.equal((await api.Users.showCurrentUser()).username, 'partner-bot');
    const wide = await api.GroupHooks.add('partners', 'http://127.0.0.1:9/g', { issuesEvents: true });
    assert.equal((await api.GroupHooks.edit('partners', wide.id, 'http://127.0.0.1:9/h')).url, 'http://127.0.0.1:9/h');
    await api.GroupHooks.remove('partners', wide.id);
    assert.ok((await api.PersonalAccessTokens.show()).scopes.includes('api'));
    assert.deepEqual((await api.PersonalAccessTokens.all()).map((each) => each.name), ['sandbox']);
    for (const [kind, place] of [[api.ProjectAccessTokens, 'partners/acme'], [api.GroupAccessTokens, 'partners']]) {
      const made = await kind.create(place, 'Report', ['read_api'], '2026-11-30', { accessLevel: 20 });
      assert.match((await as(made.token).Users.showCurrentUser()).username, /_bot_/);
      assert.deepEqual((await kind.all(place)).map((each) => each.access_level), [20]);
      await kind.revoke(place, made.id);
      await refuses(401, as(made.token).Users.showCurrentUser());
    }
    const badge = await api.ProjectBadges.add('partners/acme', 'http://a.example/l', 'http://a.example/%{project_path}.svg');
    assert.equal((await api.ProjectBadges.edit('partners/acme', badge.id, { name: 'Stage' })).name, 'Stage');
    const shown = await api.ProjectBadges.preview('partners/acme', 'http://a.example/l', 'http://a.example/%{project_path}.svg');
    assert.equal(shown.rendered_image_url, 'http://a.example/partners/acme.svg');
    await api.ProjectBadges.remove('partners/acme', badge.id);
  },
  async filesAndWiki() {
    await api.RepositoryFiles.create('partners/acme', 'docs/a b.md', 'main', 'one', 'Add');
    await api.RepositoryFiles.edit('partners/acme', 'docs/a b.md', 'main', 'two', 'Change');
    assert.equal(await (await api.RepositoryFiles.showRaw('partners/acme', 'docs/a b.md', 'main')), 'two');
    const actions = [{ action: 'delete', filePath: 'docs/a b.md' }, { action: 'create', filePath: 'b.md', content: 'b' }];
    await api.Commits.create('partners/acme', 'main', 'Both', actions);
    const tree = await api.Repositories.allRepositoryTrees('partners/acme', { recursive: true });
    assert.deepEqual(tree.map((each) => each.path).sort(), ['README.md', 'b.md']);
    assert.equal((await api.Branches.show('partners/acme', 'main')).default, true);
    await api.ProtectedBranches.create('partners/acme', 'release-*', { pushAccessLevel: 0 });
    assert.equal((await api.ProtectedBranches.edit('partners/acme', 'release-*', { allowForcePush: true })).allow_force_push, true);
    await api.ProtectedBranches.remove('partners/acme', 'release-*');
    const [last] = await api.Commits.all('partners/acme', { refName: 'main' });
    assert.equal((await api.Commits.show('partners/acme', last.id)).title, 'Both');
    const page = await api.ProjectWikis.create('partners/acme', 'Do', 'Practice');
    await api.ProjectWikis.edit('partners/acme', page.slug, { title: 'Practice', content: 'Do more' });
    assert.equal((await api.ProjectWikis.all('partners/acme')).length, 1);
    await api.ProjectWikis.remove('partners/acme', page.slug);
  },
  async errors() {
    await refuses(404, api.Projects.show('partners/none'));
    await refuses(403, as('sandbox-gl.sa1').ProjectHooks.all('partners/acme'));
    await refuses(401, as('nobody').Users.showCurrentUser());
    await refuses(400, api.Issues.create('partners/acme', ''));
    await api.ProjectLabels.create('partners/acme', 'twice', '#ff0000');
    await refuses(409, api.ProjectLabels.create('partners/acme', 'twice', '#ff0000'));
  },
};

(async () => {
  for (const [name, step] of Object.entries(steps)) {
    await step();
    console.log(name);
  }
})().catch((error) => {
  console.error(error, error.cause?.description ?? '');
  process.exit(1);
});
