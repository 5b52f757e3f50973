"""What is the next step of one attempt? Its steps, its upload, and the events that it reports."""
