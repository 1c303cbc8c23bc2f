"""From an essay to Discord messages: Markdown, splitting, tables, card, diff."""
