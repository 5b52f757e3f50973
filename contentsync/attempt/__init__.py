"""What comes next in the life of one attempt? Its steps, its upload, and what is told of them."""
