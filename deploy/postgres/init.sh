#!/bin/bash
# Runs once, when the data volume is empty: one role a purpose, and no role owns what it does not need.
set -euo pipefail
: "${ASESOR_DB_PASSWORD:?}" "${TEMPORAL_DB_PASSWORD:?}"

psql --set ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname postgres \
  --set asesor="$ASESOR_DB_PASSWORD" --set temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE asesor LOGIN PASSWORD :'asesor';
CREATE ROLE temporal LOGIN CREATEDB PASSWORD :'temporal';
CREATE DATABASE asesor OWNER asesor;
REVOKE CONNECT ON DATABASE asesor FROM PUBLIC;
SQL
