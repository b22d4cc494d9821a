#!/bin/sh
# Create Temporal's two databases and bring their schemas up to date; running it again changes nothing.
# Needs: temporal-sql-tool, and SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD, SCHEMA_DIR in the environment.
set -eu
: "${SQL_HOST:?}" "${SQL_PORT:?}" "${SQL_USER:?}" "${SQL_PASSWORD:?}"
SCHEMA_DIR="${SCHEMA_DIR:-/etc/temporal/schema/postgresql/v12}"
SQL_TOOL="${SQL_TOOL:-temporal-sql-tool}"

tool() {
  database="$1"
  shift
  "$SQL_TOOL" --plugin postgres12 --endpoint "$SQL_HOST" --port "$SQL_PORT" --user "$SQL_USER" \
    --database "$database" "$@"
}

prepare() {
  database="$1"
  schema="$2"
  echo "schema of $database"
  # Each step leaves alone what is there already: an existing database, a version above 0.0.
  tool "$database" create --defaultdb postgres
  tool "$database" setup-schema --version 0.0
  tool "$database" update-schema --schema-dir "$SCHEMA_DIR/$schema/versioned"
}

prepare() {
  database="$1"
  schema="$2"
  echo "schema of $database"
  # Updating is tried first: it fails only where nothing has been set up yet.
  if ! tool "$database" update-schema --schema-dir "$SCHEMA_DIR/$schema/versioned" 2>/dev/null; then
    tool "$database" create --defaultdb postgres || echo "$database exists"
    tool "$database" setup-schema --version 0.0
    tool "$database" update-schema --schema-dir "$SCHEMA_DIR/$schema/versioned"
  fi
}

prepare "${TEMPORAL_DB:-temporal}" temporal
prepare "${TEMPORAL_VISIBILITY_DB:-temporal_visibility}" visibility
