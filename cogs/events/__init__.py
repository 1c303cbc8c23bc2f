"""Gateway events: messages, reactions, threads, servers joined and left."""
