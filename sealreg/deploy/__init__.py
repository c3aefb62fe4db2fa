"""Production packaging (生产部署): image, proxy, database roles, secrets, probes. docker-compose.yml uses it."""
