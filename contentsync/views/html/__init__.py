"""The pages: templates, one stylesheet, and the one module that renders them (`page.py`)."""
