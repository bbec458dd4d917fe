# Two stages: the first builds a virtual environment from the locks, the second holds only that and runs without root.
# What only developers need (and the build itself) stays in an environment of its own, which is left behind.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock requirements-service.lock ./
RUN python -m venv /build \
 && /build/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && python -m venv /opt/partner-journey \
 && /opt/partner-journey/bin/pip install --no-cache-dir --require-hashes -r requirements-service.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY journey_templates journey_templates
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/partner-journey/bin/pip install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home partner-journey
COPY --from=build /opt/partner-journey /opt/partner-journey
ENV PATH=/opt/partner-journey/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PARTNER_JOURNEY_HOST=0.0.0.0 \
    PARTNER_JOURNEY_DATABASE_URL=sqlite:////data/partner-journey.sqlite
USER partner-journey
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PARTNER_JOURNEY_PORT\", 8080)}/healthz', timeout=4)"]
ENTRYPOINT ["partner-journey"]
CMD ["serve"]
