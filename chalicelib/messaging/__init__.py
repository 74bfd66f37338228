"""The mailbox: queues and their batches, routing facts to their reactions, letters and their sending, clocks."""
