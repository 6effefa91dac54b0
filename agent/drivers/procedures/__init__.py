"""What the playbook does for each family, one file each."""
