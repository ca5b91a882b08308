#!/bin/sh
# Prints the broker's definitions: one user for each service, that may declare and read its own queues, publish its own
# events and read everybody's. Passwords come from SYLLABUS_<SERVICE>_AMQP_PASSWORD; the administrator's from
# SYLLABUS_BROKER_PASSWORD. Used at the container's start, and to make the secret of a cluster.
set -eu

services='gateway catalog enrollment assessment certificate'

password_of() {
    eval "printf '%s' \"\${$1:?}\"" | sed 's/[\\"]/\\&/g'
}

users=$(printf '{"name": "syllabus-admin", "password": "%s", "tags": "administrator"}' \
    "$(password_of SYLLABUS_BROKER_PASSWORD)")
permissions='{"user": "syllabus-admin", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}'
topics=
for service in $services; do
    variable=SYLLABUS_$(echo "$service" | tr '[:lower:]' '[:upper:]')_AMQP_PASSWORD
    own="^($service\\\\..*|syllabus\\\\..*)$"
    users="$users, $(printf '{"name": "%s", "password": "%s", "tags": ""}' "$service" "$(password_of "$variable")")"
    permissions="$permissions, {\"user\": \"$service\", \"vhost\": \"/\", \"configure\": \"$own\",
        \"write\": \"^($service\\\\..*|syllabus\\\\..*|amq\\\\.default)$\", \"read\": \"$own\"}"
    topics="$topics${topics:+, }{\"user\": \"$service\", \"vhost\": \"/\", \"exchange\": \"syllabus.events\",
        \"write\": \"^$service\\\\.\", \"read\": \".*\"}"
done

cat <<END
{
  "vhosts": [{"name": "/"}],
  "users": [$users],
  "permissions": [$permissions],
  "topic_permissions": [$topics]
}
END
