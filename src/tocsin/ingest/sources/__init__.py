"""One folder per sender. A folder is found by being here; its package names what it offers in SOURCES."""
