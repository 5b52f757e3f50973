"""What did a spreadsheet or another tool know of posts? Reads their files; gives drafts of manifests."""
