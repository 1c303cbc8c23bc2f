"""The rehearsal's play: script, members' client, narration, transcript."""
