-- The ids that Discord gave to the registered slash commands, for mentions that can be clicked.
CREATE TABLE registered_commands (
    application_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    command_id INTEGER NOT NULL,
    PRIMARY KEY (application_id, name)
) STRICT, WITHOUT ROWID;
