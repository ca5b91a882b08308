#!/bin/sh
# Puts a backup of deploy/backup.sh into a database that deploy/postgres/roles.sql has prepared, over what is in it:
#   deploy/restore.sh BACKUP_FOLDER postgresql://administrator@host/syllabus FILES_FOLDER
# No service may run meanwhile.
set -eu
umask 077
backup=${1:?the folder of the backup}
database=${2:?the address of the database, as an administrator}
files=${3:?the folder of the files}
(cd "$backup" && sha256sum --check --quiet SHA256SUMS)
pg_restore --dbname="$database" --no-password --clean --if-exists --exit-on-error --single-transaction \
    "$backup/syllabus.dump"
mkdir -p "$files"
tar --extract --gzip --file="$backup/files.tar.gz" --directory="$files"
