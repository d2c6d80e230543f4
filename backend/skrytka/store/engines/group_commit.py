"""Group commit for SQLite: one task per shard and process runs all queued operations in one transaction.

One fsync pays for all of them. The statements run on the event loop, a few microseconds each; only what blocks goes to a
thread: waiting for the turn, COMMIT, checkpoints.

Invariants:
- A caller gets its result after the COMMIT of its group returned, or an error; nothing acknowledged is lost.
- Each operation has a savepoint: one that raises is rolled back alone. Its error too is told only after the commit,
  because it may stem from what the group wrote and then lost.
- The turn is given back by the thread right after COMMIT, and this process asks again a turn of its loop later.
- A cancelled caller does not cancel its operation.
- Whatever ends the writer, no transaction stays open and no turn taken: the other processes go on. Only a COMMIT that the
  disk never answers keeps both, and what it holds is left alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import apsw

from skrytka import metrics
from skrytka.errors import Unavailable
from skrytka.store.engines import after_commit
from skrytka.store.engines.checkpoints import Checkpoints
from skrytka.store.engines.inline import Pause, run_yielding
from skrytka.store.engines.loop_thread import LoopThread
from skrytka.store.engines.outages import unavailable
from skrytka.store.engines.sqlite_tx import SqliteTx, translate
from skrytka.store.engines.turns import Turns
from skrytka.store.interface import Committed, Op

_SLICE_S = 0.002  # the loop gets its turn after so much work
_GROUP_S = 0.020  # and other processes theirs

_log = logging.getLogger(__name__)


class _Pending:
    """An operation that waits for its group, then its outcome that waits for the commit."""

    __slots__ = ("committed", "error", "future", "op", "result", "values")

    def __init__(
        self, op: Op[Any, Any], values: Any, committed: Committed[Any] | None, future: asyncio.Future[Any]
    ) -> None:
        self.op = op
        self.values = values
        self.committed = committed
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None

    def resolve(self, failure: Unavailable | None) -> None:
        error = failure or self.error
        if error is None:
            after_commit.tell(self.committed, self.result)
        if self.future.done():  # the caller was cancelled
            return
        if error is not None:
            self.future.set_exception(error)
        else:
            self.future.set_result(self.result)


class Threads:
    """Those of one database: a checkpoint is no commit's hindrance, nor a turn that does not come."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop) -> None:
        self.committing = LoopThread(f"sqlite {name}", loop)
        self.checkpointing = LoopThread(f"sqlite {name} checkpoints", loop)
        self.waiting = LoopThread(f"sqlite {name} turn", loop)

    def end(self) -> None:
        """After what they are at; nobody waits for it."""
        for thread in (self.committing, self.checkpointing, self.waiting):
            thread.end()


class GroupCommit:
    """The writer of one SQLite database in this process. Owns ``connection`` and ``turns``."""

    def __init__(
        self,
        name: str,
        connection: apsw.Connection,
        turns: Turns,
        checkpoints: Checkpoints,
        threads: Threads,
        patience_s: float,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.groups = 0
        self._name = name
        self._commit_seconds = metrics.COMMIT_SECONDS.labels(name)
        self._connection = connection
        self._cursor = connection.cursor()
        self._turns = turns
        self._checkpoints = checkpoints
        self._threads = threads
        self._patience_s = patience_s
        self._queue: deque[_Pending] = deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._undone_by: Exception | None = None
        self._passive: asyncio.Future[None] | None = None
        # What a thread does with the connection, which is nobody else's meanwhile.
        self._busy: asyncio.Future[Any] | None = None
        self._loop = loop
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the writer task, on the loop."""
        self._task = self._loop.create_task(self._run(), name=f"writer of {self._name}")
        self._task.add_done_callback(self._ended)

    @property
    def alive(self) -> bool:
        """False after a bug has ended the writer: nothing can be written any more."""
        return self._closing or (self._task is not None and not self._task.done())

    @property
    def committing(self) -> asyncio.Future[Any] | None:
        return self._busy

    def submit(self, op: Op[Any, Any], values: Any, committed: Committed[Any] | None) -> asyncio.Future[Any]:
        """Queue an operation; the future ends after the durable commit."""
        if self._closing or self._task is None or self._task.done():
            raise Unavailable(f"The store {self._name} is closed")
        pending = _Pending(op, values, committed, self._loop.create_future())
        self._queue.append(pending)
        self._arrived.set()
        return pending.future

    async def close(self) -> None:
        """Commit what is queued, then stop. A turn that another process never gives back is not waited for."""
        self._closing = True
        self._arrived.set()
        if self._task is not None:
            _, stuck = await asyncio.wait({self._task}, timeout=self._patience_s)
            if stuck:
                self._task.cancel()
                await asyncio.wait(stuck)
        if self._busy is not None and not self._busy.done():
            done, _ = await asyncio.wait({self._busy}, timeout=self._patience_s)
            if not done:
                _log.error("the disk of %s does not answer: its connection is left open", self._name)
                return
        self._give_up()
        if self._passive is not None:
            await self._passive
        self._turns.close()
        self._checkpoints.close()
        await self._threads.committing.run(self._connection.close)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            _log.critical("the writer of %s stopped: a bug", self._name, exc_info=task.exception())
        self._fail_queued(Unavailable(f"The store {self._name} is closed"))

    async def _run(self) -> None:
        while True:
            if self._queue:
                await self._write_group()
                # Who was answered may write again, and so joins the next group; another process that waits gets its turn.
                await asyncio.sleep(0)
            elif self._closing:
                return
            else:
                self._arrived.clear()
                await self._arrived.wait()

    async def _write_group(self) -> None:
        group: list[_Pending] = []
        try:
            await self._take_turn()
            if not await self._begin():
                return
            await self._run_queued(group)
            began = time.perf_counter()
            failure = await self._using_connection(self._commit)
            self._commit_seconds.observe(time.perf_counter() - began)
        except BaseException:
            # Only a bug, or close() giving up, leads here; other processes must not wait for this one.
            if self._busy is None or self._busy.done():
                self._give_up()
            for pending in group:
                pending.resolve(Unavailable(f"The store {self._name} stopped while it wrote"))
            raise
        self.groups += 1
        for pending in group:
            pending.resolve(failure)
        await self._checkpoint_if_due()

    async def _take_turn(self) -> None:
        """``flock`` at once, else in a thread. Operations fail when another process sits on the turn for too long."""
        if self._turns.try_take():
            return
        waiting = self._threads.waiting.run(self._turns.wait)
        try:
            while not waiting.done():
                await asyncio.wait({waiting}, timeout=self._patience_s)
                if not waiting.done():
                    held = f"Another process holds the write turn of {self._name}"
                    self._fail_queued(unavailable(held, TimeoutError(held)))
        except asyncio.CancelledError:
            waiting.cancel()  # the thread goes on, but tells nobody
            raise
        waiting.result()

    async def _begin(self) -> bool:
        """BEGIN IMMEDIATE; False, with the turn given back and the queue failed, when that is not possible.

        It is BUSY when a foreign program writes (a shell, a backup): then a thread waits, not the loop.
        """
        try:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except apsw.BusyError:
                await self._using_connection(self._begin_patiently)
        except apsw.Error as error:
            self._turns.give_back()
            self._fail_queued(unavailable(f"The store {self._name} cannot begin to write", error))
            return False
        return True

    def _begin_patiently(self) -> None:
        self._connection.set_busy_timeout(int(self._patience_s * 1000))
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        finally:
            self._connection.set_busy_timeout(0)

    async def _run_queued(self, group: list[_Pending]) -> None:
        began = time.perf_counter()
        pause = Pause(_SLICE_S)
        while self._queue:
            pending = self._queue.popleft()
            group.append(pending)
            await self._run_one(pending, pause)
            if time.perf_counter() - began > _GROUP_S or not self._connection.in_transaction:
                return
            if pause.due:
                await asyncio.sleep(0)
                pause.start()

    async def _run_one(self, pending: _Pending, pause: Pause) -> None:
        """The operation in its savepoint. Others run on the loop meanwhile, but write only through this task's queue."""
        execute = self._cursor.execute
        tx = SqliteTx(self._cursor, pause)
        try:
            execute("SAVEPOINT operation")
            pending.result = await run_yielding(pending.op(tx, pending.values))
            tx.raise_if_failed()
            execute("RELEASE operation")
        except Exception as error:
            pending.error = translate(error) if isinstance(error, apsw.Error) else error
            if self._connection.in_transaction:
                execute("ROLLBACK TO operation")
                execute("RELEASE operation")
            else:
                self._undone_by = error

    def _commit(self) -> Unavailable | None:
        """In a thread: COMMIT, give the turn back. Returns why nothing of the group was written."""
        try:
            if not self._connection.in_transaction:  # SQLite rolls all back by itself after some I/O errors
                return unavailable(f"The store {self._name} could not write", self._undone_by)
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            self._rollback()
            return unavailable(f"The store {self._name} could not commit", error)
        finally:
            self._turns.give_back()
        return None

    def _give_up(self) -> None:
        """Leave neither a transaction, which would lock the other processes out, nor the turn."""
        try:
            self._rollback()
        except apsw.Error as error:
            _log.error("rollback of %s failed: %s", self._name, error)
        self._turns.give_back()

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    async def _checkpoint_if_due(self) -> None:
        if not self._checkpoints.due or (self._passive is not None and not self._passive.done()):
            return
        truncate = self._checkpoints.truncation_due
        self._checkpoints.plan_next()
        if not truncate:
            self._passive = self._threads.checkpointing.run(self._checkpoints.passive)
            return
        await self._take_turn()
        try:
            await self._threads.checkpointing.run(self._checkpoints.truncate)
        finally:
            self._turns.give_back()

    def _fail_queued(self, failure: Unavailable) -> None:
        while self._queue:
            self._queue.popleft().resolve(failure)

    async def _using_connection(self, work: Callable[[], Any]) -> Any:
        """In a thread; ``_busy`` until it is done, also when the caller is cancelled."""
        self._busy = self._threads.committing.run(work)
        return await asyncio.shield(self._busy)
