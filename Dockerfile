# The tag and not a digest: pin the digest that your registry serves, python:3.11-slim-bookworm@sha256:..., where builds
# have to be the same to the octet. What is installed into it is pinned by constraints.txt.
FROM python:3.11-slim-bookworm AS builder
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY backend backend
COPY plugins plugins
RUN python3 -m venv /opt/skrytka
RUN /opt/skrytka/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt .
# Nothing is installed into a running container; and an empty folder, for the last stage to own.
RUN /opt/skrytka/bin/pip uninstall --yes pip setuptools \
    && mkdir -m 0700 /src/data

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Skrytka" \
      org.opencontainers.image.description="A mail store that runs as a service" \
      org.opencontainers.image.licenses="Apache-2.0"
# A virtual environment holds its own path, so it stays where it was made.
COPY --from=builder /opt/skrytka /opt/skrytka
# By number: it needs no entry in /etc/passwd, and Kubernetes can see that it is not root.
COPY --from=builder --chown=10001:10001 /src/data /var/lib/skrytka
ENV PATH=/opt/skrytka/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    SKRYTKA_DATA_DIR=/var/lib/skrytka \
    SKRYTKA_REST__LISTEN=0.0.0.0:8080 \
    SKRYTKA_IMAP__LISTEN=0.0.0.0:1143 \
    SKRYTKA_IMAP__LISTEN_TLS=0.0.0.0:1993 \
    SKRYTKA_POP3__LISTEN=0.0.0.0:1110 \
    SKRYTKA_POP3__LISTEN_TLS=0.0.0.0:1995 \
    SKRYTKA_LMTP__LISTEN=0.0.0.0:2424 \
    SKRYTKA_SERVE__HEALTH_LISTEN=127.0.0.1:8081
USER 10001:10001
VOLUME /var/lib/skrytka
EXPOSE 8080 1143 1993 1110 1995 2424
# The port for health answers whichever front ends run. Kubernetes has probes of its own and ignores this.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8081/healthz/ready', timeout=8)"]
# SIGTERM drains, for serve.drain_timeout_s (30) and a few seconds more: `docker stop` alone cuts it short after 10.
ENTRYPOINT ["skrytka"]
CMD ["serve"]
