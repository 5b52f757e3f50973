"""Who publishes when nobody is at the keyboard? One process that looks again whenever something may be due.

It calls `operations/` and owns no rule: the plan decides what is due, `apply` sends it, its last look is the gate.
`loop` is the loop; `timetable`, `settled_files`, `retries`, `outlook` and `mounts` are pure; `files`, `folder_check`,
`wakeups` and `workers` touch the machine.
"""
