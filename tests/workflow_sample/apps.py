from django.apps import AppConfig


class WorkflowSampleConfig(AppConfig):
    name = "tests.workflow_sample"
    label = "workflow_sample"
    verbose_name = "流程样例"
