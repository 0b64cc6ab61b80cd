"""The web process: one application of all routers, its guards, its pages, how it is served."""
