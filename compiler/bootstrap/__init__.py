"""What `x.py` is made of: fetching upstream, preparing the tree, calling upstream's own bootstrap."""
