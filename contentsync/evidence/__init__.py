"""What does any witness know of a post: receipts, this machine's journal, the rows, the remote list?"""
