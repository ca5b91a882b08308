#!/bin/sh
# Makes the secrets of one deployment: passwords on standard output (for .env), keys in deploy/secrets/.
# Run once; keep what it makes as you keep any secret: deploy/secrets.sh > .env
set -eu
cd -- "$(dirname -- "$0")/.."
umask 077
random() {
    head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n'
}
echo "SYLLABUS_POSTGRES_PASSWORD=$(random)"
echo "SYLLABUS_BROKER_PASSWORD=$(random)"
for service in GATEWAY CATALOG ENROLLMENT ASSESSMENT CERTIFICATE; do
    echo "SYLLABUS_${service}_PASSWORD=$(random)"
    echo "SYLLABUS_${service}_AMQP_PASSWORD=$(random)"
done
./dev keys deploy/secrets >&2
# The services run as user 10001 in their containers, and read the keys mounted there.
chmod 644 deploy/secrets/*
