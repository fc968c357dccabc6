"""The agenda's rows change all the time: PostgreSQL is told to clean up behind them early and without pauses.

At the default, a fifth of a million entries would be dead before anybody looked, and each claim would step over them.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

EAGER = (
    "ALTER TABLE agenda SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000,"
    " autovacuum_vacuum_cost_delay = 0, fillfactor = 80)"
)


def tell(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(EAGER)


class Migration(migrations.Migration):
    dependencies = [("engine", "0001_begin")]
    operations = [migrations.RunPython(tell, migrations.RunPython.noop)]
