"""Where a run is kept on disk: one database, one writer, whole rounds, and a chain over them."""
