"""From a submission to a draft to planned messages; edits of published essays."""
