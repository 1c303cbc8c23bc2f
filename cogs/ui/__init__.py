"""Interface building blocks: responses, errors, buttons, forms, views, progress."""
