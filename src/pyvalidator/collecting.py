"""Single calls of one event loop, answered in batches.

The first call waits only until the loop has run what is ready now; what comes while a batch is under way makes up the
next one. So an idle loop pays a change of threads and no delay by a clock, and a busy one gets batches as large as its
load. A worker thread runs them: the loop goes on, and one batch changes threads, and waits for Python's lock, as often
as one call would.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from . import _core
from .batches import Asked, judge_together
from .verdict import Verdict

#: Requests of one batch: a bound on how long the first of them waits for the last (some 15 ms of P-256 checks).
_MOST: Final = 256


class _Waiter(NamedTuple):
    asked: Asked
    future: asyncio.Future[Verdict | BaseException]


class _Worker:
    """A thread of its own for one validator, begun when it is first needed; it ends with the validator, or with the
    interpreter after its last batch."""

    __slots__ = ("_made",)

    def __init__(self) -> None:
        self._made: tuple[int, ThreadPoolExecutor] | None = None

    def submit(self, task: Callable[[], None]) -> None:
        """Run a task on the thread. RuntimeError when the interpreter shuts down."""
        made, process = self._made, os.getpid()
        if made is None or made[0] != process:  # a child of fork has no threads
            # Two loops may come here at once; then both executors do their work, and one is let go of.
            made = self._made = (process, ThreadPoolExecutor(1, "pyvalidator"))
        try:
            made[1].submit(task)
        except RuntimeError:
            self._made = None  # the task is in its queue, though no thread could be begun for it
            raise


class _Collector:
    """The calls that wait for one loop's next batch; used by the loop's own thread alone."""

    __slots__ = ("_batch", "_is_busy", "_judge", "_loop", "_process", "_waiting", "_worker")

    def __init__(self, judge: _core.Judge, worker: _Worker, loop: asyncio.AbstractEventLoop) -> None:
        self._judge = judge
        self._worker = worker
        self._loop = weakref.ref(loop)
        self._process = os.getpid()
        self._waiting: list[_Waiter] = []
        self._batch: list[_Waiter] = []  # those who left _waiting last
        self._is_busy = False  # a batch is about to be made, or under way

    def serves(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether it is this loop's, in this process: what a child of fork inherits is under way in the parent."""
        return self._loop() is loop and self._process == os.getpid()

    async def ask(self, loop: asyncio.AbstractEventLoop, asked: Asked) -> Verdict:
        """Wait for a place in a batch, and for its answer."""
        future: asyncio.Future[Verdict | BaseException] = loop.create_future()
        self._waiting.append(_Waiter(asked, future))
        if not self._is_busy:
            self._is_busy = True
            loop.call_soon(self._flush, loop)
        answer = await future
        if isinstance(answer, Verdict):
            return answer
        try:
            raise answer
        finally:
            del answer  # or it would hold itself by its traceback

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a batch of those who wait and were not cancelled. What a signal's handler raises meanwhile is theirs:
        nobody else would ever wake them."""
        try:
            open_ones = [each for each in self._waiting if not each.future.done()]
            self._batch, self._waiting = open_ones[:_MOST], open_ones[_MOST:]
            self._is_busy = bool(self._batch)
            if self._batch:
                self._begin(loop, self._batch)
        except BaseException as error:
            _fail(self._batch + self._waiting, error)
            self._is_busy, self._waiting = False, []
            if not isinstance(error, Exception):
                raise

    def _begin(self, loop: asyncio.AbstractEventLoop, batch: list[_Waiter]) -> None:
        try:
            self._worker.submit(lambda: self._run(loop, batch))
        except RuntimeError:  # the interpreter shuts down, or the system begins no thread any more
            self._deliver(loop, batch, self._judged(batch))

    def _judged(self, batch: list[_Waiter]) -> list[Verdict | BaseException]:
        """An answer for each, whatever happens: they wait for one."""
        try:
            return judge_together(self._judge, [each.asked for each in batch])
        except BaseException as error:
            return [error] * len(batch)

    def _run(self, loop: asyncio.AbstractEventLoop, batch: list[_Waiter]) -> None:
        """On the worker thread."""
        answers = self._judged(batch)
        try:
            loop.call_soon_threadsafe(self._deliver, loop, batch, answers)
        except RuntimeError:  # the loop was closed: nobody waits any more
            return

    def _deliver(
        self, loop: asyncio.AbstractEventLoop, batch: list[_Waiter], answers: list[Verdict | BaseException]
    ) -> None:
        try:
            for waiter, answer in zip(batch, answers, strict=True):
                if not waiter.future.done():
                    waiter.future.set_result(answer)
        except BaseException as error:  # a signal's handler
            _fail(batch, error)
            raise
        finally:
            # After those who were answered now, for they may have something new to ask.
            loop.call_soon(self._flush, loop)


def _fail(waiters: list[_Waiter], error: BaseException) -> None:
    for waiter in waiters:
        if not waiter.future.done():
            waiter.future.set_result(error)


class Collectors:
    """One collector for each thread's running loop."""

    __slots__ = ("_judge", "_local", "_worker")

    def __init__(self, judge: _core.Judge) -> None:
        self._judge: Final = judge
        self._worker: Final = _Worker()
        self._local: Final = threading.local()

    async def ask(self, asked: Asked) -> Verdict:
        """Answer as `asking.judged` would, in a batch. RuntimeError without a running loop."""
        loop = asyncio.get_running_loop()
        collector: _Collector | None = getattr(self._local, "collector", None)
        if collector is None or not collector.serves(loop):
            collector = self._local.collector = _Collector(self._judge, self._worker, loop)
        return await collector.ask(loop, asked)
