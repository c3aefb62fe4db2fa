"""A record of the test suite's own (流程样例), so that the workflow is proved before any business uses it."""
