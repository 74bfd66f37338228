"""The mailbox: queues and their batches, routing facts to reactions, letters and their sending, jobs that run by a clock."""
