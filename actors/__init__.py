"""The kernel: mailboxes, what runs them, and the actor that hosts one agent."""
