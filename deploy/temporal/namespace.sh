#!/bin/sh
# Create the namespace of the cases when it does not exist; the product sets its retention at each start.
set -eu
: "${TEMPORAL_ADDRESS:?}" "${TEMPORAL_NAMESPACE:?}" "${RETENTION_DAYS:?}"
TEMPORAL="${TEMPORAL:-temporal}"

if "$TEMPORAL" operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1; then
  echo "namespace $TEMPORAL_NAMESPACE exists"
else
  "$TEMPORAL" operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "${RETENTION_DAYS}d"
fi
