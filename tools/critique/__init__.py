"""What a program can know about a draft: document model, numbers, references, rules, findings."""
