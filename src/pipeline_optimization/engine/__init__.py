"""Runs the work of a pipeline, the same on every orchestrator: attempts, retries, limits, lost workers and events.

Begin with ``loop``. Its ``Engine`` reads items from a workload, hands attempts to an orchestrator, and decides what follows from each
completion. An orchestrator only moves attempts to workers and completions back. Its contract is ``types.Orchestrator``.

What the terms mean:

- A *task* is a function that runs in workers, known by its name. A *stage* is a task as a worker runs it: a function that takes
  bytes and returns bytes. (On pages for users, the stages are the three tasks of the built-in pipeline.) A *step* is one operation
  of a pipeline, such as ``map`` with a function, which is its task.
- An *item* is one piece of work: a task and the data for it. A *workload* yields items, and takes their results.
- A *follow-up* is an item that the result of another item made possible.
- An *attempt* is one try to run an item. An attempt that failed may be followed by a retry, which is the item's next attempt.
- A *bundle* is an item that holds many *elements* of the input, which go through several steps in one attempt.
- The *parent* is the process that runs the engine. Pages for users call it the *driver*, and so does the time account. A *worker* runs
  attempts: in a thread of the parent, in a process, or on another machine.
- A *slot* is room for one attempt that runs.
- An attempt is *open* from the moment at which the orchestrator gets it until it is over. Up to two attempts for each slot are open: one
  runs, and one waits in the orchestrator's queue, so that no worker waits for its next attempt.
- An item is *parked* if it waits for its next attempt, or for a quota. Parked items take up no slot, and other items overtake them.
- A *completion* is what the orchestrator says of an attempt: it is done, with the worker's *answer*, or *lost*, without one. As a rule, an attempt
  is lost because its worker died. It is lost as well if a signal interrupted it, or if it ended itself because the run was over. In these
  two cases the run ends, so the loss has no consequences for its item.
- An attempt is *abandoned* if it took too long and the orchestrator cannot end it. It holds its slot until it answers.
- The *grace period* is the time for which attempts may still run after something has stopped the run.
- A *sink* writes what a pipeline makes of the results, in *rows*. If it refuses a row, the item of this row fails for good, although its
  attempt was done.
- A *quota* says how many calls of a task a service allows. A *throttle* keeps it.
- *Poison* is an item whose workers died too often. An item that is close to that is a *suspect*, and runs alone.
- A *fault* is a simulated failure or delay. A *draw* decides which faults an attempt meets; it depends on the seed and on the attempt only.
- The *harness* is the part of the project that compares orchestrators. It gives the same faults to all of them, and a *case* is one of its
  test cases, which has draws of its own.
- The *ledger* is the list of attempts with their outcomes. Lost attempts are not in it, and a bundle stands in it as its elements. So two
  runs that did the same work have the same ledger.
- The *floor* is a lower bound of the time that the run takes with any number of workers. It counts simulated times, retry delays, time limits
  that have passed, and quotas, but not what functions really compute.

Where to find what:

- The run: ``loop``, ``open_attempts``, ``backlog``, ``work``, ``tally``, ``progress``.
- Bounds, and what ends a run or an attempt: ``limits``, ``quota``, ``pace``, ``throttling``, ``stopping``, ``interruption``, ``cutting``.
- Inside a worker: ``stage``, ``worker_setup``, ``worker``, ``wire``, ``attempt_here``, ``retry_after``, ``waiting``, ``places``, ``late_closing``.
- Simulated faults: ``faults``, ``draws``, ``profiles``, ``profile_files``; with the comparison harness, ``task_client`` and ``journal``.
- For observers: ``announcer``, ``attempt_life``, ``lanes``, ``accounting``, ``critical_path``, ``masked_errors``, ``quota_records``; for logs,
  ``attempt_log``, ``log_capture``, ``log_origin`` and ``log_records``.
- Time: ``clock`` and ``virtual``, where a run of hours takes seconds.
- For orchestrators: ``inbox`` and, on clusters, ``handshake``.
"""
