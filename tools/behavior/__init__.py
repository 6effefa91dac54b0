"""Tools that use what a model says or would say."""
