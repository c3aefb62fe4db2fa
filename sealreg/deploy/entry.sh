#!/bin/sh
# One image, several processes: the first argument says which. Each replaces this shell, so that signals reach it.
set -eu

case "${1:-}" in
  web)
    exec granian --interface wsgi --host 0.0.0.0 --port 8000 --no-ws \
      --workers "${WEB_WORKERS:-2}" --blocking-threads "${WEB_THREADS:-4}" \
      --respawn-failed-workers --workers-kill-timeout 25 sealreg.wsgi:application
    ;;
  worker)
    exec celery -A sealreg.celery worker --pool threads --concurrency "${WORKER_THREADS:-4}" --loglevel INFO \
      --without-gossip --without-mingle
    ;;
  beat)
    exec celery -A sealreg.celery beat --loglevel INFO --pidfile "" --schedule /srv/sealreg/beat/schedule
    ;;
  relay)
    exec python manage.py drain_outbox --loop
    ;;
  migrate)
    python manage.py check --deploy --fail-level WARNING
    exec python manage.py migrate --database owner --noinput
    ;;
  manage)
    shift
    exec python manage.py "$@"
    ;;
  mock-registry)
    exec python -m integration.business_registration.mock_registry --host 0.0.0.0 --port 8001 --data /srv/sealreg/mock
    ;;
  mock-ministry)
    exec python -m integration.ministry.mock_platform --host 0.0.0.0 --port 8002 --data /srv/sealreg/mock
    ;;
  *)
    echo "entry.sh: expected web, worker, beat, relay, migrate, manage, mock-registry or mock-ministry" >&2
    exit 64
    ;;
esac
