from django.apps import AppConfig


class OutboxProofConfig(AppConfig):
    name = "tests.prove.outbox_app"
    label = "outbox_proof"
