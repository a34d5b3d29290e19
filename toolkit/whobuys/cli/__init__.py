"""The commands: `whobuys release`, `grade`, `review`, `course`, `export` and the others."""
