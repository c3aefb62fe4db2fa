from django.apps import AppConfig


class FilingProofConfig(AppConfig):
    name = "tests.prove.filing_app"
    label = "filing_proof"
