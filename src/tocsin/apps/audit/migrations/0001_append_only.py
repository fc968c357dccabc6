"""The audit log is appended to and never changed: the database itself refuses everything else."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SQLITE = (
    *(
        f"CREATE TRIGGER audit_entry_no_{verb} BEFORE {verb.upper()} ON audit_entry "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        for verb in ("update", "delete")
    ),
)
POSTGRESQL = (
    "CREATE FUNCTION audit_entry_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
    "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_append_only()",
)
INDEXES = (
    "CREATE INDEX audit_entry_actor ON audit_entry (actor, id)",
    "CREATE INDEX audit_entry_at ON audit_entry (at)",
)


def _forwards(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL
    for statement in (*triggers, *INDEXES):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("people", "0003_roles_tokens_audit")]

    operations = [migrations.RunPython(_forwards, migrations.RunPython.noop)]
