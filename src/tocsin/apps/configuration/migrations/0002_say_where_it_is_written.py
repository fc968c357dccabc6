"""Where the applied files say an entry. The database fills it in for whoever writes without knowing it yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("configuration", "0001_begin")]

    operations = [migrations.AddField("Entry", "source", models.TextField(db_default=""))]
