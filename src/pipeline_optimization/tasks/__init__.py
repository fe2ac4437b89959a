"""The tasks of the exercise, one a file, each a plain function that waits and may fail like the real thing.

Called directly they take their faults from the environment: ``ANAGRAM_FAULTS`` (``exercise``), ``ANAGRAM_SEED`` (drawn
when the process starts), ``ANAGRAM_LATENCY_SCALE`` (0.05) and ``ANAGRAM_CASE`` (empty). The function without waiting
and failing is ``task.plain``; ``task.call_async`` awaits the waiting. ``retry_task`` takes its policy from
``ANAGRAM_RETRY`` (``exponential``) and ``ANAGRAM_RETRY_OPTIONS`` (such as ``attempts=5 base=0.2``). Under the harness each
call asks the harness, which draws, waits and records in a process of its own (``pipeline_optimization.engine.task_client``).
"""
