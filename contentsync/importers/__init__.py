"""Which posts does a spreadsheet or another tool have? Reads their files and returns drafts of manifests."""
