"""The pages: templates, one stylesheet, and the one place that renders them (`page.py`)."""
