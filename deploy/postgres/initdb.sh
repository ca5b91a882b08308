#!/bin/sh
# First start of the PostgreSQL container: roles and schemas, with the passwords from the environment.
set -eu
options=
for service in gateway catalog enrollment assessment certificate; do
    name=SYLLABUS_$(echo "$service" | tr '[:lower:]' '[:upper:]')_PASSWORD
    eval "password=\${$name:?}"
    # shellcheck disable=SC2154  # eval above
    options="$options -c syllabus.password_$service=$password"
done
PGOPTIONS=$options psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /syllabus/roles.sql
