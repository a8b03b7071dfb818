# The command line with its native (CPU) engine: docker build -t vlm-spatial . && docker run -v "$PWD/results:/work/results" vlm-spatial
FROM node:22-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip g++ make && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build
ENV VLM_SPATIAL_NATIVE=/app/native
RUN npm run native && npm prune --omit=dev

FROM node:22-bookworm-slim
# Fonts for the figures' PNGs.
RUN apt-get update && apt-get install -y --no-install-recommends fontconfig fonts-liberation && rm -rf /var/lib/apt/lists/*
COPY --from=build /app /app
ENV VLM_SPATIAL_NATIVE=/app/native
RUN ln -s /app/bin/vlm-spatial.js /usr/local/bin/vlm-spatial
WORKDIR /work
ENTRYPOINT ["vlm-spatial"]
CMD ["reproduce"]
