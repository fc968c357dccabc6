"""When each integration was heard. Filled by the engine from now on."""

from django.db import migrations, models

import tocsin.apps.columns


class Migration(migrations.Migration):
    dependencies = [("configuration", "0002_say_where_it_is_written")]

    operations = [
        migrations.CreateModel(
            name="Heard",
            fields=[
                ("integration", tocsin.apps.columns.KeyField(primary_key=True, serialize=False)),
                *(
                    (name, models.BigIntegerField())
                    for name in (
                        "since",
                        "first_at",
                        "last_at",
                        "times",
                        "week_at",
                        "longest",
                        "longest_before",
                    )
                ),
            ],
            options={"db_table": "integration_heard", "default_permissions": ()},
        )
    ]
