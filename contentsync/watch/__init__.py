"""Who publishes when nobody is at the keyboard? One process that looks again whenever something may be due.

It calls `operations/` and owns no rule: the plan decides what is due, `apply` sends it, its last look is the gate.
`loop` is the loop; `timetable`, `stillness`, `tries`, `sight` and `mounts` are pure; `files`, `ground`, `wakes` and
`hands` touch the machine.
"""
