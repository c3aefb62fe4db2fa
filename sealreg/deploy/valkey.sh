#!/bin/sh
# Valkey carries wake-up calls only: nothing is written to disk, and its password stands in no list of processes.
set -eu
umask 077
{
  echo "bind * -::*"
  echo "protected-mode yes"
  echo "requirepass $(cat /run/secrets/broker_password)"
  echo 'save ""'
  echo "appendonly no"
  echo "maxmemory 64mb"
  echo "maxmemory-policy noeviction"
  echo "dir /tmp"
} > /tmp/valkey.conf
exec valkey-server /tmp/valkey.conf
