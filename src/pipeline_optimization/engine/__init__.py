"""Runs the work of a pipeline, the same on every orchestrator: attempts, retries, limits, lost workers and events.

Begin with ``loop``. Its ``Engine`` reads items from a workload, hands attempts to an orchestrator, and decides what follows from each
completion. An orchestrator only moves attempts to workers and completions back.

What the terms mean:

- A *task* is a function that runs in workers, known by its name. An *item* is one piece of work: a task and the data for it.
- An *attempt* is one execution of an item. An attempt that failed may be followed by a retry, which is the item's next attempt.
- A *bundle* is an item that holds many *elements* of the input, which go through several tasks in one attempt.
- The *parent* is the process that runs the engine. A *worker* runs attempts: in a thread of the parent, in a process, or on another machine.
- A *slot* is room for one attempt that runs. Twice as many attempts as slots may be *open*, so that no worker waits for its next attempt.
- A *completion* is what the orchestrator says of an attempt: it is done, with the worker's *answer*, or *lost*, because its worker died.
- *Poison* is an item whose workers died too often. An item that is close to that is a *suspect*, and runs alone.
- A *fault* is a simulated failure or delay. A *draw* decides which faults an attempt meets; it depends on the seed and on the attempt only.
- The *harness* is the part of the project that compares orchestrators. It gives the same faults to all of them, and a *case* is one of its
  test cases, which has draws of its own.
- The *ledger* is the list of all attempts with their outcomes. Two runs that did the same work have the same ledger.
- The *floor* is the shortest time that the run could take with any number of workers.

Where to find what:

- The run: ``loop``, ``open_attempts``, ``backlog``, ``work``, ``tally``, ``progress``.
- Bounds and ends: ``limits``, ``quota``, ``pace``, ``throttling``, ``stopping``, ``interruption``, ``cutting``.
- Inside a worker: ``worker``, ``worker_setup``, ``stage``, ``wire``, ``attempt_here``, ``retry_after``, ``waiting``, ``places``.
- Simulated faults: ``faults``, ``draws``, ``profiles``, ``profile_files``; with the comparison harness, ``task_client`` and ``journal``.
- For observers: ``announcer``, ``lanes``, ``accounting``, ``critical_path``, ``masked_errors``; for logs, the modules named ``log``.
- Time: ``clock`` and ``virtual``, where a run of hours takes seconds.
- For orchestrators: ``inbox`` and, on clusters, ``handshake``.
"""
