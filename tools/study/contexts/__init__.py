"""Papers, notes and code as numbered text: what prompts hold, what quotations are checked by."""
