"""What does each witness know of a post: receipts, this machine's journal, the rows, the public list?"""
