"""Pages for people: an executed notebook as safe HTML and as PDF, report notebooks as files."""
