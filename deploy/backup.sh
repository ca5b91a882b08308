#!/bin/sh
# Writes a backup of all five schemas, as of one moment, and of the services' files:
#   deploy/backup.sh postgresql://administrator@host/syllabus FILES_FOLDER BACKUP_FOLDER
# Events need none of their own: those not yet published are rows of the outboxes. docs/operations.md says how to restore.
set -eu
umask 077
database=${1:?the address of the database, as an administrator}
files=${2:?the folder of the files}
backup=${3:?the folder of the backup}
mkdir -p "$backup"
# Rows first: a file whose row is missing costs space, a row whose file is missing is a loss.
pg_dump --dbname="$database" --format=custom --no-password --file="$backup/syllabus.dump" \
    --schema=gateway --schema=catalog --schema=enrollment --schema=assessment --schema=certificate
tar --create --gzip --file="$backup/files.tar.gz" --directory="$files" .
(cd "$backup" && sha256sum syllabus.dump files.tar.gz >SHA256SUMS)
echo "$backup: $(du -sh "$backup" | cut -f1)"
