"""What the learner's and the writer's functions are measured on: items, players, answers."""
