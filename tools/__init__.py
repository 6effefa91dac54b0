"""What can be done: typed operations on a workbench."""
