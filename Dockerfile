# syntax=docker/dockerfile:1
# Two stages: packages are installed, each checked against its hash, in a place that the image then copies.

FROM python:3.11.14-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1
WORKDIR /build
COPY requirements-uv.txt requirements.txt ./
RUN python -m pip install --only-binary=:all: --require-hashes -r requirements-uv.txt \
 && uv venv --no-python-downloads --python /usr/local/bin/python3 /opt/asesor \
 && uv pip sync --require-hashes --compile-bytecode --python /opt/asesor/bin/python requirements.txt

FROM python:3.11.14-slim-bookworm
ARG BUILD_ID
RUN test -n "$BUILD_ID" || { echo "give --build-arg BUILD_ID=<version>" >&2; exit 1; } \
 && groupadd --system --gid 10001 asesor \
 && useradd --system --uid 10001 --gid asesor --no-create-home --home-dir /nonexistent asesor \
 && install --directory --owner asesor --group asesor --mode 0750 /var/lib/asesor
COPY --from=packages /opt/asesor /opt/asesor
WORKDIR /app
COPY . .
ENV PATH=/opt/asesor/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ENVIRONMENT=production \
    LOG_FORMAT=json \
    HTTP_HOST=0.0.0.0 \
    VAR_DIR=/var/lib/asesor \
    BUILD_ID=$BUILD_ID
USER 10001:10001
VOLUME /var/lib/asesor
EXPOSE 8000
STOPSIGNAL SIGINT
CMD ["python", "cli.py", "--help"]
