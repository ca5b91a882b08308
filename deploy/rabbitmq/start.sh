#!/bin/sh
# The broker container's start: definitions from the environment, then the broker.
set -eu
umask 077
/syllabus/definitions.sh > /tmp/definitions.json
exec docker-entrypoint.sh rabbitmq-server
