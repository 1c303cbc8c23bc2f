"""From a document to an essay: title, masthead, closing questions, sign-off."""
