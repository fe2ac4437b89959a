"""The tasks of the exercise, one in each file. Each is a plain function that waits and may fail like a call to a real service.

If a task is called directly, the environment chooses its faults: ``ANAGRAM_FAULTS`` (``exercise``), ``ANAGRAM_SEED`` (drawn when the process starts),
``ANAGRAM_LATENCY_SCALE`` (0.05) and ``ANAGRAM_CASE`` (empty). ``task.plain`` is the function without waiting and failing, and ``task.call_async``
awaits the waiting. ``retry_task`` takes its policy from ``ANAGRAM_RETRY`` (``exponential``) and ``ANAGRAM_RETRY_OPTIONS`` (such as ``attempts=5
base=0.2``). In a comparison each call asks the harness, which draws, waits and records in a process of its own
(``pipeline_optimization.engine.task_client``).
"""
