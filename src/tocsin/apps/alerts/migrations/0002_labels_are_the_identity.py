from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("alerts", "0001_begin")]

    operations = [
        migrations.RemoveField(model_name="alert", name="identity"),
        # A transition is now the status that was left; those that are kept say what came.
        migrations.RunSQL("DELETE FROM alert_transition", migrations.RunSQL.noop),
    ]
