"""The queue that survives a crash: DBOS Transact on the store's own database. The only module that imports dbos.

dbos is used as a durable keyed queue, not as a workflow engine: one reconcile is one step. The trap this avoids: with
observing and applying as two steps, a run recovered after a crash replays its *old* look at GitLab and the event that
came since is lost. Other traps of dbos, each met below: queued runs start only on the same application version (kept
constant), an executor recovers only runs of its own id (kept stable), no WAL and a pool of 20 (set to WAL and 4), and
deduplication ids, which also swallow events that come during a run (not used).
"""

from __future__ import annotations

import contextvars
import logging
import sqlite3
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, EnqueueOptions, SetEnqueueOptions, SetWorkflowID, WorkflowStatus

from app.engine.database import StoreError, database_url
from app.engine.queue import Queue, checked

NAME = "partner-journey"
QUEUE = "reconcile"
WORKFLOW = "reconcile"
APPLICATION_VERSION = "1"
POOL = 4
PRUNE_BATCH = 500

_run: Callable[[str, str], None] | None = None
"""What one run does. dbos binds functions by name when this module is loaded, so what is injected waits here."""

_at_work: list[str] = []
"""The partners that threads of this process work on now."""


def _store_is_out(error: BaseException) -> bool:
    return isinstance(error, StoreError)


# Retries serve one case only: the store itself is out, so not even the failure could be noted. All else is parked.
@DBOS.step(
    name="reconcile_once",
    retries_allowed=True,
    max_attempts=8,
    interval_seconds=2,
    backoff_rate=2,
    should_retry=_store_is_out,
)
def _reconcile_once(partner: str, reason: str) -> None:
    if _run is None:
        raise StoreError("The queue is not open.", "Enter durable_queue() first.")
    _at_work.append(partner)
    try:
        _run(partner, reason)
    finally:
        _at_work.remove(partner)


@DBOS.workflow(name=WORKFLOW)
def _reconcile(partner: str, reason: str) -> None:
    _reconcile_once(partner, reason)


class DurableQueue(Queue):
    """The open queue; made by durable_queue(). Call it from threads, not from a running event loop: it blocks."""

    def __init__(self, client: DBOSClient, settle_seconds: float, new_id: Callable[[], str]) -> None:
        self._client = client
        self._settle_seconds = settle_seconds
        self._new_id = new_id

    def wake(self, partner: str, reason: str, *, delay_seconds: float | None = None) -> None:
        """See Queue.wake. dbos looks for due delays once a second, so any delay takes up to 1 s longer."""
        delay = self._settle_seconds if delay_seconds is None else delay_seconds
        # An empty context: inside a run dbos would take this for a step of that run and replay it from its notes.
        contextvars.Context().run(self._wake, checked(partner), reason, delay)

    def asleep(self, partners: Collection[str]) -> set[str]:
        """See Queue.asleep. Raises StoreError when the database does not answer."""
        prefixes = [f"{checked(partner)}:" for partner in partners]
        try:
            waiting = self._client.list_workflows(
                queue_name=QUEUE,
                status=["DELAYED", "ENQUEUED"],
                workflow_id_prefix=prefixes,
                load_input=False,
                load_output=False,
            )
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(
                f"The queue did not answer ({type(error).__name__}).", "Check that the database's server runs."
            ) from error
        by_partner: dict[str, list[WorkflowStatus]] = {}
        for run in waiting:
            by_partner.setdefault(_partner_of(run), []).append(run)
        for runs in by_partner.values():
            self._bring_forward(runs, self._settle_seconds)
        return set(partners) - by_partner.keys()

    def enqueue(self, transaction: sa.Connection, partner: str, reason: str) -> None:
        """See Queue.enqueue: dbos writes its row through the store's own connection."""
        options: EnqueueOptions = {
            "workflow_name": WORKFLOW,
            "queue_name": QUEUE,
            "workflow_id": f"{checked(partner)}:{self._new_id()}",
            "app_version": APPLICATION_VERSION,
            "queue_partition_key": partner,
        }
        if self._settle_seconds > 0:
            options["delay_seconds"] = self._settle_seconds
        self._client.enqueue_in_transaction(transaction, options, partner, reason)

    def waiting(self) -> list[str]:
        """The partners that wait for a run."""
        return self._partners(["DELAYED", "ENQUEUED"])

    def working(self) -> list[str]:
        """The partners whose run is at work, here or on another machine."""
        return self._partners(["PENDING"])

    def owners(self) -> set[str]:
        """The names of the processes whose runs are at work, or were when they died."""
        runs = contextvars.Context().run(self._list, ["PENDING"])
        return {run.executor_id for run in runs if run.executor_id}

    def hand_back(self, node: str) -> list[str]:
        """Put the runs of a dead process back into the queue; returns their partners.

        Only for a process that is known to be dead: a run that still works would be at work twice.
        """
        return contextvars.Context().run(self._hand_back, node)

    def _hand_back(self, node: str) -> list[str]:
        runs = DBOS.list_workflows(
            queue_name=QUEUE, status="PENDING", executor_id=node, load_input=False, load_output=False
        )
        for run in runs:
            DBOS.resume_workflow(run.workflow_id, queue_name=QUEUE)
        return [_partner_of(run) for run in runs]

    def prune(self, before: datetime) -> int:
        """Forget runs that ended before this time; returns how many. Without it every wake gets slower for good:
        the check reads an index that holds the finished runs too."""
        gone = 0
        while True:
            finished = DBOS.list_workflows(
                queue_name=QUEUE,
                completed_before=before.astimezone(UTC).isoformat(),
                limit=PRUNE_BATCH,
                load_input=False,
                load_output=False,
            )
            if not finished:
                return gone
            DBOS.delete_workflows([run.workflow_id for run in finished])
            gone += len(finished)

    def _wake(self, partner: str, reason: str, delay: float) -> None:
        waiting = self._list(["DELAYED", "ENQUEUED"], prefix=f"{partner}:")
        if waiting:
            # Whatever waits starts after this check, so it sees what has just happened; but not later than asked.
            self._bring_forward(waiting, delay)
            return
        options = SetEnqueueOptions(queue_partition_key=partner, delay_seconds=delay if delay > 0 else None)
        with SetWorkflowID(f"{partner}:{self._new_id()}"), options:
            DBOS.enqueue_workflow(QUEUE, _reconcile, partner, reason)

    def _bring_forward(self, waiting: list[WorkflowStatus], delay: float) -> None:
        if all(_starts_later(run, delay) for run in waiting):
            self._client.set_workflow_delay(waiting[0].workflow_id, delay_seconds=delay)

    def _partners(self, status: list[str]) -> list[str]:
        runs = contextvars.Context().run(self._list, status)
        return list(dict.fromkeys(_partner_of(run) for run in runs))

    def _list(self, status: list[str], prefix: str | None = None) -> list[WorkflowStatus]:
        return DBOS.list_workflows(
            queue_name=QUEUE, status=status, workflow_id_prefix=prefix, load_input=False, load_output=False
        )


def _partner_of(run: WorkflowStatus) -> str:
    return run.workflow_id.partition(":")[0]


def _starts_later(run: WorkflowStatus, delay: float) -> bool:
    if run.status != "DELAYED" or run.delay_until_epoch_ms is None:
        return False
    # A second of grace: two events of one burst should not each rewrite the row.
    return run.delay_until_epoch_ms / 1000 > time.time() + delay + 1


@contextmanager
def durable_queue(
    store_url: str,
    run: Callable[[str, str], None],
    *,
    node: str = "one",
    settle_seconds: float = 1.0,
    workers: int = 4,
    polling_seconds: float = 0.2,
    drain_seconds: int = 4,
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    overdue: Callable[[list[str]], None] = lambda _partners: None,
    engine: sa.Engine | None = None,
) -> Iterator[DurableQueue]:
    """Open the queue on the store's database and work it with `workers` threads until the block ends.

    `run(partner, reason)` does one reconcile. `node` names this process and must stay the same over restarts, since
    only the same node (and the reaper) takes up its cut-off runs again. Leaving waits up to `drain_seconds` for runs at
    work; `overdue` is told of the partners that are still worked on then, and should end the process: their runs are
    taken up by the next one. `engine`: the store's own connections to PostgreSQL. On those dbos compiles the statements
    of an enqueue once, on others anew for each delivery. Raises StoreError when the database cannot be used or a queue
    is open here already.
    """
    with _bound(run, overdue), _launched(store_url, node, workers, polling_seconds, drain_seconds) as address:
        client = DBOSClient(
            system_database_url=address,
            system_database_engine=engine,
            system_database_pool_size=POOL,
            application_name=NAME,
            retry_connection_errors=False,
        )
        try:
            yield DurableQueue(client, settle_seconds, new_id)
        finally:
            client.destroy()


@contextmanager
def _bound(run: Callable[[str, str], None], overdue: Callable[[list[str]], None]) -> Iterator[None]:
    """What runs do while the block lasts."""
    global _run
    if _run is not None:
        raise StoreError("A durable queue is already open in this process.", "Close it first: dbos allows only one.")
    _run = run
    try:
        yield
    finally:
        _run = None
        if _at_work:
            overdue(sorted(_at_work))


@contextmanager
def _launched(store_url: str, node: str, workers: int, polling_seconds: float, drain_seconds: int) -> Iterator[str]:
    """dbos at work; gives its address of the database."""
    address = _prepared(store_url)
    # A thread of its own opens and closes dbos, which refuses both on a thread with a running event loop.
    with ThreadPoolExecutor(1, thread_name_prefix="durable-queue") as thread:
        try:
            thread.submit(_launch, address, node, workers, polling_seconds).result()
            yield address
        finally:
            thread.submit(DBOS.destroy, workflow_completion_timeout_sec=drain_seconds).result()


def queued(store_url: str) -> tuple[list[str], list[str]]:
    """The partners that wait and those at work, asked from outside: no queue is opened. Empty where none ever was.

    Raises StoreError when the database does not answer.
    """
    try:
        client = DBOSClient(system_database_url=_prepared(store_url), lazy=True, retry_connection_errors=False)
        try:
            runs = client.list_workflows(
                queue_name=QUEUE, status=["DELAYED", "ENQUEUED", "PENDING"], load_input=False, load_output=False
            )
        finally:
            client.destroy()
    except sa.exc.DBAPIError as error:
        if isinstance(error, sa.exc.ProgrammingError) or "no such table" in str(error.orig):
            return [], []
        raise StoreError(
            f"The queue cannot be read ({type(error).__name__}).", "Check that the database runs."
        ) from None
    found: dict[bool, dict[str, None]] = {True: {}, False: {}}
    for run in runs:
        found[run.status == "PENDING"][_partner_of(run)] = None
    return list(found[False]), list(found[True])


def _launch(address: str, node: str, workers: int, polling_seconds: float) -> None:
    DBOS(
        config={
            "name": NAME,
            "application_version": APPLICATION_VERSION,
            "executor_id": node,
            "system_database_url": address,
            "sys_db_pool_size": POOL,
            "log_level": "WARNING",
        }
    )
    _speak_through_our_log()
    try:
        DBOS.launch()
    except Exception as error:
        raise StoreError(
            f"The queue's tables cannot be opened ({type(error).__name__}).",
            "Check that the database runs and its user may create tables and, on PostgreSQL, a schema.",
        ) from error
    DBOS.register_queue(
        QUEUE, partition_concurrency=1, worker_concurrency=workers, polling_interval_sec=polling_seconds
    )


def _prepared(store_url: str) -> str:
    """The address as dbos wants it; a SQLite file is switched to WAL, which dbos leaves alone but keeps."""
    url = database_url(store_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as connection:
            connection.execute("PRAGMA journal_mode=WAL").close()
    return url.render_as_string(hide_password=False)


def _speak_through_our_log() -> None:
    # dbos prints on a console handler of its own; the bot has one log with one format.
    logger = logging.getLogger("dbos")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.propagate = True
